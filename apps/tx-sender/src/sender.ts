import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Rpc } from '@kms-connector/gateway'
import { type Address, type ContractName, type OperationTable, toConnectorError } from '@kms-connector/protocol'
import type { Logger, Tracing } from '@kms-connector/service-kit'
import type { Broker, StreamIdentity } from '@kms-connector/streams'
import type { Wallet } from '@kms-connector/wallet'
import type { Action } from './action.ts'
import { AnswerTraces } from './answerTraces.ts'
import type { Balance } from './balance.ts'
import { broadcastSlot } from './broadcastSlot.ts'
import type { CheckpointStore, StoredCheckpoint } from './checkpoint.ts'
import { commitAnswers } from './commitAnswers.ts'
import type { FeeQuote } from './fees.ts'
import { fillGap } from './fillGap.ts'
import { findReceipts } from './findReceipts.ts'
import type { LearnedGas } from './learnedGas.ts'
import type { Lease } from './lease.ts'
import { type Ledger, purgeLimit } from './ledger.ts'
import { look } from './look.ts'
import { pauseAfterLook } from './lookPause.ts'
import type { SenderMetrics } from './metrics.ts'
import { resume } from './parking.ts'
import { isGapTooWide } from './planGap.ts'
import { prepareEntry } from './prepareEntry.ts'
import { readAnswers } from './readAnswers.ts'
import { burnSlot, escalateSlot } from './replaceSlot.ts'
import { reviewSlot } from './reviewSlot.ts'
import { saveCheckpoint } from './saveCheckpoint.ts'
import {
  hasOpenSlots,
  newState,
  type PendingNonces,
  type SenderPolicy,
  type SenderState,
  settledUpTo,
} from './senderState.ts'
import type { SendingEndpoint } from './sendingEndpoint.ts'
import { serveOrders } from './serveOrders.ts'
import { settleSlot } from './settleSlot.ts'
import { showSlots } from './showSlots.ts'
import { Wake } from './wake.ts'
import { watchChain } from './watchChain.ts'
import { watchStream } from './watchStream.ts'

export interface SenderDependencies {
  /** Endpoint that transactions go to; what it says about nonces is what counts. */
  readonly endpoint: SendingEndpoint
  /** Where answers are read from and outcomes are written to. */
  readonly broker: Broker
  readonly table: OperationTable
  readonly wallet: Wallet
  readonly chainId: number
  /** RESPONSES as it was at start. */
  readonly responses: StreamIdentity
  readonly addressOf: (contract: ContractName) => Address
  readonly ledger: Ledger
  /** Right before a nonce is taken and before bytes are sent, this process must hold it. */
  readonly lease: Pick<Lease, 'require'>
  readonly checkpoints: CheckpointStore
  readonly fees: FeeQuote
  readonly balance: Balance
  readonly learned: LearnedGas
  readonly policy: SenderPolicy
  /** Refusals AND age after which an answer of a decryption is given up. */
  readonly budget: { readonly attempts: number; readonly ageMs: number }
  readonly receiptPollingMs: number
  /** Answers read and not settled, at most. */
  readonly inboxSize: number
  readonly tracing: Tracing
  readonly metrics: SenderMetrics
  readonly logger: Logger
}

/** Without a look at the wallet for this long while something is open, the process is not ready. */
const SILENT_CHAIN_MS = 60_000
/** How long calls that nothing can end may hold up the end of a term. */
const LATE_CALLS_MS = 2_000

/** A balance is read again after this long, milliseconds; at once where it does not suffice. */
export const BALANCE_FOR_MS = 500

/**
 * Sends answers to the Gateway with consecutive nonces. One event loop owns the picture in {@link SenderState}: it plans,
 * starts the planned actions, and plans again when one of them ends, a response arrives or time has passed.
 */
export class Sender {
  readonly state: SenderState
  readonly with: SenderDependencies
  readonly traces: AnswerTraces
  /** Makes the loop plan again. */
  readonly wake = new Wake()
  readonly #underWay = new Set<Promise<void>>()
  readonly #failed = new AbortController()
  #fault: unknown
  /** When the state of the wallet was last read. */
  chainReadAt = Date.now()

  /**
   * @param slots slots of earlier runs
   * @param checkpoint after which responses are read
   * @param pending transactions of the wallet that waited at the node at start
   */
  constructor(
    dependencies: SenderDependencies,
    slots: SenderState['slots'],
    checkpoint: StoredCheckpoint,
    pending: PendingNonces | undefined,
  ) {
    this.with = dependencies
    this.traces = new AnswerTraces(dependencies.tracing)
    this.state = newState(slots, checkpoint, pending)
  }

  /** Where transactions go at the moment. */
  get rpc(): Rpc {
    return this.with.endpoint.rpc
  }

  /** Why nothing is being sent, for readiness; undefined when sending. */
  get parkedFor(): string | undefined {
    return this.state.park?.code
  }

  /** Why nothing is being sent, or cannot go on without an operator, for readiness; undefined when all is well. */
  hindrance(): string | undefined {
    if (this.parkedFor) return `sending is paused: ${this.parkedFor}`
    const now = Date.now()
    if (isGapTooWide(this.state, now)) return 'more nonces below an open transaction belong to nobody than are filled'
    const silentMs = now - this.chainReadAt
    if (this.busyOnChain() && silentMs > SILENT_CHAIN_MS) return `the chain could not be read for ${silentMs} ms`
    return undefined
  }

  /**
   * Runs until the signal; then starts nothing new and finishes what is under way.
   * @param hardStop ends also what is under way
   * @param lost fires when another sender may act: everything ends at once
   * @throws ConnectorError LEASE_LOST; others with which only a restart, or an operator where it is fatal, can go on
   */
  async run(signal: AbortSignal, hardStop: AbortSignal, lost: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([hardStop, lost, this.#failed.signal])
    const reads = AbortSignal.any([signal, ending])
    const failed = (fault: unknown) => this.fail(fault)
    lost.addEventListener('abort', () => failed(lost.reason), { once: true })
    if (lost.aborted) failed(lost.reason)
    const reading = readAnswers(this, reads, ending).catch(failed)
    const watching = watchChain(this, reads).catch(failed)
    void watchStream(this, reads).catch(failed)
    const serving = serveOrders(this, reads)
    const showing = showSlots(this, reads)
    // The process outlives its terms: what listens to it must go with the term.
    signal.addEventListener('abort', () => this.wake.now(), { once: true, signal: ending })
    while (!signal.aborted && this.#fault === undefined) {
      const lookedAt = performance.now()
      const { actions, nextMs } = look(this.state, this.with.policy, Date.now)
      const size = this.state.inbox.size + this.state.slots.size
      const next = performance.now() + pauseAfterLook(performance.now() - lookedAt, size)
      for (const action of actions) this.#start(action, ending)
      this.#resumeIdle()
      await this.wake.after(nextMs())
      // Whatever else happens meanwhile shares the next plan.
      const early = next - performance.now()
      if (early > 0) await this.wake.sleep(early, reads)
      else await nextTurn()
    }
    await this.#drain([reading, watching, serving, showing], ending)
    if (this.#fault === undefined) await this.#saveLastCheckpoint(hardStop)
    if (this.#fault !== undefined) throw this.#fault
  }

  /** Waits for what is under way; once that is to end at once, only as long as a call that cannot be ended takes. */
  async #drain(loops: readonly Promise<void>[], ending: AbortSignal): Promise<void> {
    const ended = new Promise<void>(resolve => {
      const late = () => void setTimeout(resolve, LATE_CALLS_MS).unref()
      if (ending.aborted) late()
      else ending.addEventListener('abort', late, { once: true })
    })
    await Promise.race([Promise.all([...loops, ...this.#underWay]), ended])
  }

  /** Ends the run: nothing more can be decided in this process. */
  fail(fault: unknown): void {
    if (this.#fault === undefined) {
      this.#fault = fault
      this.#failed.abort(fault)
    }
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
        if (error.disposition === 'fatal' || error.code === 'LEASE_LOST') this.fail(error)
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
    switch (action.kind) {
      case 'prepare':
        return prepareEntry(this, action.seq, signal)
      case 'commit':
        return commitAnswers(this, action.seqs, action.nonces, signal)
      case 'broadcast':
        return broadcastSlot(this, action.nonce)
      case 'review':
        return reviewSlot(this, action.nonce)
      case 'escalate':
        return escalateSlot(this, action.nonce, signal)
      case 'burn':
        return burnSlot(this, action.nonce, action.reason, signal)
      case 'fill-gap':
        return fillGap(this, action.nonces, action.reason, signal)
      case 'find-receipts':
        return findReceipts(this, action.nonces)
      case 'settle':
        return settleSlot(this, action.nonce, signal)
      case 'checkpoint':
        return saveCheckpoint(this, action.seq, action.purgeBelow, signal)
    }
  }

  /** Whether anything is to be followed on chain. */
  busyOnChain(): boolean {
    return this.state.inbox.size > 0 || hasOpenSlots(this.state)
  }

  /** Reads in advance what a commit will ask for: nothing waits for it then. */
  foresee(): void {
    const { fees, balance } = this.with
    const now = Date.now()
    // Who needs it asks again, and learns why it cannot be read.
    fees.current(now).catch(() => {})
    balance.current(this.rpc, now, BALANCE_FOR_MS).catch(() => {})
  }

  /** With nothing left to try, nothing could prove that the reason of a pause is gone. */
  #resumeIdle(): void {
    const { park } = this.state
    if (park && !this.busyOnChain()) resume(this, park.code)
  }
}
