import { ConnectorError } from '@kms-connector/protocol'
import { type BlockHeader, type BlockTag, fetchHeader } from './block.ts'
import type { Finality } from './finality.ts'
import type { Rpc } from './rpc.ts'

/**
 * The highest block that counts as readable under a finality setting. One object per setting: a delay is searched by block
 * time, and the last result is where the next search starts.
 */
export class FinalHead {
  readonly #finality: Finality
  /** A block known to be old enough. */
  #settled = -1

  constructor(finality: Finality) {
    this.#finality = finality
  }

  /**
   * @param rpc endpoint that the blocks will be read from
   * @returns block number; -1 when no block is final yet
   * @throws ConnectorError RPC_UNAVAILABLE, or RPC_REJECTED when the endpoint does not know the tag
   */
  async read(rpc: Rpc): Promise<number> {
    const finality = this.#finality
    switch (finality.kind) {
      case 'tag':
        return finality.tag === 'latest'
          ? Number(await rpc.quantity('eth_blockNumber'))
          : (await headerAt(rpc, finality.tag)).number
      case 'confirmations':
        return Math.max(-1, Number(await rpc.quantity('eth_blockNumber')) - finality.blocks + 1)
      case 'delay':
        return this.#olderThan(rpc, finality.ms / 1000)
    }
  }

  /** Gallops forward from the last result, then halves: few questions while the chain moves on, about 30 at first. */
  async #olderThan(rpc: Rpc, seconds: number): Promise<number> {
    const latest = await headerAt(rpc, 'latest')
    const limit = latest.timestamp - seconds
    let low = this.#settled
    if (latest.number < low) return low
    let high = latest.number
    for (let step = 1; low + step < high; step *= 2) {
      if ((await headerAt(rpc, low + step)).timestamp > limit) {
        high = low + step
        break
      }
      low += step
    }
    // Invariant: block `low` is old enough (or -1), block `high` is not.
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2)
      if ((await headerAt(rpc, middle)).timestamp <= limit) low = middle
      else high = middle
    }
    this.#settled = low
    return low
  }
}

async function headerAt(rpc: Rpc, block: number | BlockTag): Promise<BlockHeader> {
  const header = await fetchHeader(rpc, block)
  if (header) return header
  throw new ConnectorError('RPC_REJECTED', `${rpc.endpoint} does not know block "${block}"`, { block })
}
