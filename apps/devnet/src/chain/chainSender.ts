import { type Address, ConnectorError, type Hex } from '@kms-connector/protocol'
import { createLimit, type Limit } from '@kms-connector/service-kit'
import {
  createPublicClient,
  type Hash,
  http,
  keccak256,
  type LocalAccount,
  type PublicClient,
  parseGwei,
  type TransactionReceipt,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { namedRevert } from './revert.ts'

export interface ChainSenderOptions {
  readonly rpcUrl: string
  readonly privateKey: Hex
  /** Transactions under way at once. */
  readonly maxInFlight?: number
  /** Deadline of one HTTP exchange in milliseconds. */
  readonly rpcTimeoutMs?: number
  /** How long a transaction may take to be mined, in milliseconds. */
  readonly receiptTimeoutMs?: number
}

export interface ChainCall {
  /** Left out: the data creates a contract. */
  readonly to?: Address
  readonly data: Hex
  readonly value?: bigint
}

const SUBMIT_ATTEMPTS = 3
/** After this long without a receipt the chain is given the transaction anew, in milliseconds. */
const PATIENCE_MS = 3_000
const KNOWN = /already (imported|known)/i
const MAX_WAITING = 100_000
/** Far above what the base fee of a devnet chain reaches under load; only the balance of a development account pays. */
const MAX_FEE = parseGwei('100')
const TIP = parseGwei('1')

/**
 * Sends transactions of one key to one chain, many under way at once. Nonces are counted here while anything is under way
 * and read from the chain otherwise: several senders of one key may take turns, but must not send at the same time.
 */
export class ChainSender {
  readonly account: LocalAccount
  readonly client: PublicClient
  readonly #limit: Limit
  readonly #receiptTimeoutMs: number
  #chainId: Promise<number> | undefined
  #nonce: Promise<number> | undefined
  #broken: unknown
  /** Bytes that the chain took and that are not known to be mined, by nonce. */
  readonly #sent = new Map<number, Hex>()
  #underWay = 0

  constructor({
    rpcUrl,
    privateKey,
    maxInFlight = 64,
    rpcTimeoutMs = 20_000,
    receiptTimeoutMs = 120_000,
  }: ChainSenderOptions) {
    this.account = privateKeyToAccount(privateKey)
    const transport = http(rpcUrl, { timeout: rpcTimeoutMs, retryCount: 0, batch: { batchSize: 64 } })
    this.client = createPublicClient({ transport, pollingInterval: 100, cacheTime: 0 })
    this.#limit = createLimit({ name: 'devnet transactions', concurrency: maxInFlight, maxQueue: MAX_WAITING })
    this.#receiptTimeoutMs = receiptTimeoutMs
  }

  /**
   * Estimates, signs, submits and waits for the receipt.
   * @throws ConnectorError DEVNET_CALL_REVERTED when the contract refuses (no nonce is spent when the estimate tells),
   * DEVNET_TIMEOUT when it is not mined in time, RPC_UNAVAILABLE when the chain does not answer
   */
  send(call: ChainCall): Promise<TransactionReceipt> {
    return this.#limit.run(async () => {
      this.#underWay++
      try {
        const gas = await this.#estimate(call)
        const { nonce, bytes } = await this.#submit(call, gas)
        this.#sent.set(nonce, bytes)
        return await this.#mined(call, keccak256(bytes)).finally(() => this.#sent.delete(nonce))
      } finally {
        this.#underWay--
        if (this.#underWay === 0) this.#startOver()
      }
    })
  }

  #startOver(): void {
    this.#nonce = undefined
    this.#chainId = undefined
    this.#broken = undefined
  }

  async #estimate(call: ChainCall): Promise<bigint> {
    try {
      // Room for state that changes between estimate and block, such as a consensus that this very call completes.
      return ((await this.client.estimateGas({ account: this.account.address, ...call })) * 3n) / 2n + 100_000n
    } catch (fault) {
      throw named(fault)
    }
  }

  /** @returns the bytes that the chain took, and their nonce */
  async #submit(call: ChainCall, gas: bigint): Promise<{ nonce: number; bytes: Hex }> {
    this.#chainId ??= this.client.getChainId()
    const chainId = await this.#chainId
    const nonce = await this.#nextNonce()
    const fees = { type: 'eip1559', maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: TIP } as const
    const bytes = await this.account.signTransaction({ ...call, ...fees, chainId, nonce, gas })
    for (let attempt = 1; ; attempt++) {
      if (this.#broken !== undefined) throw named(this.#broken)
      try {
        await this.client.sendRawTransaction({ serializedTransaction: bytes })
        return { nonce, bytes }
      } catch (fault) {
        // The reply to an earlier attempt was lost, the transaction was not.
        if (attempt > 1 && KNOWN.test(String(fault))) return { nonce, bytes }
        if (attempt < SUBMIT_ATTEMPTS) continue
        // The nonce stays unused, so that nothing after it could ever be mined.
        this.#broken = fault
        throw named(fault)
      }
    }
  }

  #nextNonce(): Promise<number> {
    const { address } = this.account
    const current = this.#nonce ?? this.client.getTransactionCount({ address, blockTag: 'pending' })
    this.#nonce = current.then(nonce => nonce + 1)
    return current
  }

  async #mined(call: ChainCall, hash: Hash): Promise<TransactionReceipt> {
    const receipt = await this.#receipt(hash)
    if (receipt.status === 'success') return receipt
    await this.client
      .call({ account: this.account, blockNumber: receipt.blockNumber, gas: receipt.gasUsed * 2n, ...call })
      .catch((fault: unknown) => {
        throw namedRevert(fault, hash)
      })
    throw new ConnectorError('DEVNET_CALL_REVERTED', `${hash} reverted when it was mined`, { transactionHash: hash })
  }

  async #receipt(hash: Hash): Promise<TransactionReceipt> {
    const deadline = performance.now() + this.#receiptTimeoutMs
    for (;;) {
      try {
        return await this.client.waitForTransactionReceipt({ hash, timeout: PATIENCE_MS, checkReplacement: false })
      } catch (fault) {
        if (performance.now() > deadline) {
          throw new ConnectorError(
            'DEVNET_TIMEOUT',
            `${hash} was not mined within ${this.#receiptTimeoutMs} ms`,
            {},
            fault,
          )
        }
        await this.#giveAnew()
      }
    }
  }

  /**
   * anvil looks for the gap below a transaction before it stores it; when the gap is closed in between, nothing looks at
   * the stored one again: `txpool_content` lists it as queued under the very nonce that is next, mining a block does not
   * take it, the same bytes are "already imported", and dropping it by its hash leaves it there. Removed with all of the
   * account and given anew in order, they find no gap.
   */
  async #giveAnew(): Promise<void> {
    const { address } = this.account
    // CAST: a method of development chains, which viem's types of a public client do not list
    await this.client.request({ method: 'anvil_removePoolTransactions', params: [address] } as never).catch(() => {})
    for (const [, serializedTransaction] of [...this.#sent].sort(([a], [b]) => a - b)) {
      // One that was mined meanwhile is refused as too low, which its receipt will show.
      await this.client.sendRawTransaction({ serializedTransaction }).catch(() => {})
    }
  }
}

function named(fault: unknown): unknown {
  const revert = namedRevert(fault)
  if (revert instanceof ConnectorError) return revert
  const detail = fault instanceof Error ? fault.message.slice(0, 500) : String(fault)
  return new ConnectorError('RPC_UNAVAILABLE', detail, {}, fault)
}
