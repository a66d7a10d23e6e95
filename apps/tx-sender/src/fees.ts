import type { Rpc, RpcReader } from '@kms-connector/gateway'
import { isFresh } from './freshness.ts'

/** EIP-1559 fees in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** Fees of a new transaction, and the base fee that they were made for. */
export interface Quote extends Fees {
  readonly baseFee: bigint
}

export interface FeePolicy {
  /** Ceiling of `maxFeePerGas`, wei. Above it answers wait for cheaper blocks. */
  readonly maxFeePerGas: bigint
  /** Tip, wei; a sequencer that orders first come first served ignores it. */
  readonly maxPriorityFeePerGas: bigint
  /** How long one quote is used, milliseconds. */
  readonly quoteForMs: number
}

/** @param baseFee base fee of the latest block: twice as much stays valid through six full blocks */
export function feesFor(baseFee: bigint, policy: FeePolicy): Fees {
  const tip = least(policy.maxPriorityFeePerGas, policy.maxFeePerGas)
  return { maxFeePerGas: least(2n * baseFee + tip, policy.maxFeePerGas), maxPriorityFeePerGas: tip }
}

function least(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

/** Quotes fees; one question to the node serves all answers of a short time. */
export class FeeQuote {
  readonly #reader: RpcReader
  readonly #policy: FeePolicy
  #quote: { readonly fees: Promise<Quote>; readonly at: number } | undefined

  constructor(reader: RpcReader, policy: FeePolicy) {
    this.#reader = reader
    this.#policy = policy
  }

  /** @throws ConnectorError when the node cannot be asked; the next call asks again */
  current(now: number): Promise<Quote> {
    if (this.#quote && isFresh(this.#quote.at, now, this.#policy.quoteForMs)) return this.#quote.fees
    const fees = this.#ask()
    this.#quote = { fees, at: now }
    fees.catch(() => {
      this.#quote = undefined
    })
    return fees
  }

  /** Highest fee per gas of an answer, wei. */
  get ceiling(): bigint {
    return this.#policy.maxFeePerGas
  }

  async #ask(): Promise<Quote> {
    const baseFee = await this.#reader.read(readBaseFee)
    return { ...feesFor(baseFee, this.#policy), baseFee }
  }
}

async function readBaseFee(rpc: Rpc): Promise<bigint> {
  const block = await rpc.call('eth_getBlockByNumber', ['latest', false])
  // CAST: only the one field is read, and it is checked
  const baseFee = (block as { readonly baseFeePerGas?: unknown } | null)?.baseFeePerGas
  if (typeof baseFee !== 'string') throw rpc.nonsense('eth_getBlockByNumber', block)
  return BigInt(baseFee)
}
