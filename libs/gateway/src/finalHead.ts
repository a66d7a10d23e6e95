import { ConnectorError } from '@kms-connector/protocol'
import { type BlockHeader, fetchHeader } from './block.ts'
import type { Finality } from './finality.ts'
import type { Rpc } from './rpc.ts'

/**
 * The highest block that counts as readable under a finality setting. One object per endpoint and setting: a delay is
 * searched by block time, and the last result is where the next search starts.
 */
export class FinalHead {
  readonly #rpc: Rpc
  readonly #finality: Finality
  /** A block known to be old enough. */
  #settled = -1

  constructor(rpc: Rpc, finality: Finality) {
    this.#rpc = rpc
    this.#finality = finality
  }

  /**
   * @returns block number; -1 when no block is final yet
   * @throws ConnectorError RPC_UNAVAILABLE, or RPC_REJECTED when the endpoint does not know the tag
   */
  async read(): Promise<number> {
    const finality = this.#finality
    switch (finality.kind) {
      case 'tag':
        return finality.tag === 'latest'
          ? Number(await this.#rpc.quantity('eth_blockNumber'))
          : (await this.#header(finality.tag)).number
      case 'confirmations':
        return Math.max(-1, Number(await this.#rpc.quantity('eth_blockNumber')) - finality.blocks + 1)
      case 'delay':
        return this.#olderThan(finality.ms / 1000)
    }
  }

  /** Gallops forward from the last result, then halves: few questions while the chain moves on, about 30 at first. */
  async #olderThan(seconds: number): Promise<number> {
    const latest = await this.#header('latest')
    const limit = latest.timestamp - seconds
    let low = this.#settled
    if (latest.number < low) return low
    let high = latest.number
    for (let step = 1; low + step < high; step *= 2) {
      if ((await this.#header(low + step)).timestamp > limit) {
        high = low + step
        break
      }
      low += step
    }
    // Invariant: block `low` is old enough (or -1), block `high` is not.
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2)
      if ((await this.#header(middle)).timestamp <= limit) low = middle
      else high = middle
    }
    this.#settled = low
    return low
  }

  async #header(block: number | 'latest' | 'safe' | 'finalized'): Promise<BlockHeader> {
    const header = await fetchHeader(this.#rpc, block)
    if (header) return header
    throw new ConnectorError('RPC_REJECTED', `${this.#rpc.endpoint} does not know block "${block}"`, { block })
  }
}
