import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Rpc } from '@kms-connector/gateway'
import { type Address, type ContractName, type OperationTable, toConnectorError } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import type { Broker, StreamIdentity } from '@kms-connector/streams'
import type { Wallet } from '@kms-connector/wallet'
import { readChainView, seeChain } from './chainView.ts'
import type { CheckpointStore } from './checkpoint.ts'
import { commitAnswers } from './commitAnswers.ts'
import type { FeeQuote } from './fees.ts'
import { type Ledger, purgeLimit } from './ledger.ts'
import type { SenderMetrics } from './metrics.ts'
import { resume } from './parking.ts'
import { type Action, nextDeadline, plan } from './plan.ts'
import { prepareEntry } from './prepareEntry.ts'
import { readAnswers } from './readAnswers.ts'
import { saveCheckpoint } from './saveCheckpoint.ts'
import {
  isOpen,
  newState,
  type PendingNonces,
  type SenderPolicy,
  type SenderState,
  settledUpTo,
} from './senderState.ts'
import { showSlots } from './showSlots.ts'
import { broadcastSlot, findReceipts, settleSlot } from './slotActions.ts'
import { Wake } from './wake.ts'
import { watchStream } from './watchStream.ts'

export interface SenderDependencies {
  /** Endpoint that transactions go to; what it says about nonces is what counts. */
  readonly rpc: Rpc
  /** Where answers are read from and outcomes are written to. */
  readonly broker: Broker
  readonly table: OperationTable
  readonly wallet: Wallet
  readonly chainId: number
  /** RESPONSES as it was at start. */
  readonly responses: StreamIdentity
  readonly addressOf: (contract: ContractName) => Address
  readonly ledger: Ledger
  readonly checkpoints: CheckpointStore
  readonly fees: FeeQuote
  readonly policy: SenderPolicy
  /** Refusals AND age after which an answer of a decryption is given up. */
  readonly budget: { readonly attempts: number; readonly ageMs: number }
  readonly parkPauseMs: number
  readonly receiptPollingMs: number
  /** Answers read and not settled, at most. */
  readonly inboxSize: number
  readonly metrics: SenderMetrics
  readonly logger: Logger
}

/**
 * Sends answers to the Gateway with consecutive nonces. One event loop owns the picture in {@link SenderState}: it plans,
 * starts the planned actions, and plans again when one of them ends, a response arrives or time has passed.
 */
export class Sender {
  readonly state: SenderState
  readonly with: SenderDependencies
  /** Makes the loop plan again. */
  readonly wake = new Wake()
  readonly #underWay = new Set<Promise<void>>()
  #fault: unknown

  /**
   * @param slots slots of earlier runs
   * @param checkpoint sequence after which responses are read
   * @param pending transactions of the wallet that waited at the node at start
   */
  constructor(
    dependencies: SenderDependencies,
    slots: SenderState['slots'],
    checkpoint: number,
    pending: PendingNonces | undefined,
  ) {
    this.with = dependencies
    this.state = newState(slots, checkpoint, pending)
  }

  /** Why nothing is being sent, for readiness; undefined when sending. */
  get parkedFor(): string | undefined {
    return this.state.park?.code
  }

  /**
   * Runs until the signal; then starts nothing new and finishes what is under way.
   * @param hardStop ends also what is under way
   * @throws ConnectorError with which only a restart, or an operator where it is fatal, can go on
   */
  async run(signal: AbortSignal, hardStop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>(resolve => hardStop.addEventListener('abort', () => resolve(), { once: true }))
    const failed = (fault: unknown) => this.fail(fault)
    const reading = readAnswers(this, signal, hardStop).catch(failed)
    const watching = this.#watchChain(signal).catch(failed)
    void watchStream(this, signal).catch(failed)
    signal.addEventListener('abort', () => this.wake.now(), { once: true })
    while (!signal.aborted && this.#fault === undefined) {
      for (const action of plan(this.state, this.with.policy, Date.now())) this.#start(action, hardStop)
      this.#report()
      await this.wake.after(nextDeadline(this.state, this.with.policy, Date.now()))
      // Whatever else happened in this turn shares the next plan.
      await nextTurn()
    }
    if (this.#fault === undefined) {
      await Promise.race([Promise.all([reading, watching, ...this.#underWay]), stopped])
      await Promise.race([this.#saveLastCheckpoint(hardStop), stopped])
    }
    if (this.#fault !== undefined) throw this.#fault
  }

  /** Ends the run: nothing more can be decided in this process. */
  fail(fault: unknown): void {
    this.#fault ??= fault
    this.wake.now()
  }

  /** Saves the next start some reading; without it nothing is lost. */
  async #saveLastCheckpoint(signal: AbortSignal): Promise<void> {
    const { state } = this
    if (this.#fault !== undefined || signal.aborted || settledUpTo(state) === state.checkpoint) return
    await saveCheckpoint(this, settledUpTo(state), purgeLimit(state.slots.values()), signal).catch(fault => {
      this.with.logger.warn({ err: fault }, 'could not store the last checkpoint')
    })
  }

  #start(action: Action, signal: AbortSignal): void {
    const work = this.#perform(action, signal)
      .catch(fault => {
        if (signal.aborted) return
        const error = toConnectorError(fault)
        if (error.disposition === 'fatal') this.fail(error)
        this.with.logger.error(
          { err: error, action: action.kind },
          'an action of the sender failed and will be planned again',
        )
      })
      .finally(() => {
        this.#underWay.delete(work)
        this.wake.now()
      })
    this.#underWay.add(work)
  }

  #perform(action: Action, signal: AbortSignal): Promise<void> {
    const wake = () => this.wake.now()
    switch (action.kind) {
      case 'prepare':
        return prepareEntry(this, action.seq, signal)
      case 'commit':
        return commitAnswers(this, action.seqs, action.nonces, signal, wake)
      case 'broadcast':
        return broadcastSlot(this, action.nonce)
      case 'find-receipts':
        return findReceipts(this, action.nonces)
      case 'settle':
        return settleSlot(this, action.nonce, signal)
      case 'checkpoint':
        return saveCheckpoint(this, action.seq, action.purgeBelow, signal)
    }
  }

  /** Follows the wallet on chain while there is anything to follow. */
  async #watchChain(signal: AbortSignal): Promise<void> {
    const { rpc, wallet, receiptPollingMs, logger, metrics } = this.with
    for (let failures = 0; !signal.aborted; ) {
      if (this.state.chain && !this.#busyOnChain()) {
        await this.wake.after(undefined)
        continue
      }
      try {
        const view = await readChainView(rpc, wallet.address)
        seeChain(this.state, view)
        metrics.nonce.set(view.latestNonce)
        failures = 0
        this.wake.now()
      } catch (fault) {
        failures++
        logger.warn({ err: fault, failures }, 'could not read the state of the wallet')
      }
      await this.wake.sleep(Math.min(receiptPollingMs * 2 ** Math.min(failures, 6), 5_000), signal)
    }
  }

  #busyOnChain(): boolean {
    return this.state.inbox.size > 0 || [...this.state.slots.values()].some(isOpen)
  }

  #report(): void {
    const { inbox } = this.state
    const open = showSlots(this.with.metrics, this.state, Date.now()).length
    // With nothing left to try, nothing could prove that the reason is gone.
    if (inbox.size === 0 && open === 0 && this.state.park) resume(this, this.state.park.code)
  }
}
