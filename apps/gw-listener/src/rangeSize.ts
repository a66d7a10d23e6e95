import type { RawLog } from '@kms-connector/gateway'
import type { ProviderLimit } from './providerLimit.ts'

/**
 * Bytes of logs of one answer to aim at. More are not read faster, and all of them are held until they are published: as text,
 * decoded, and as messages.
 */
const BYTES_AIMED_AT = 512 * 1024
/**
 * Blocks of the first range: nobody knows yet how many logs are in them. More than are read with the header of each, so that
 * a catch-up takes three calls a range from the start.
 */
const FIRST_BLOCKS = 32

/**
 * How many blocks one `eth_getLogs` covers at one endpoint. What the provider confirms as its limit is kept; without
 * such a word the size is an estimate that halves with every refusal and grows by a twentieth with every success, so that
 * catch-up runs at the speed the provider allows. Where blocks are full it is less: as many as hold {@link BYTES_AIMED_AT}
 * bytes by the last answer, at most twice as many from one answer to the next.
 */
export class RangeSize {
  #max: number
  #size: number
  #fitting = FIRST_BLOCKS

  /** @param max most blocks ever asked for at once: the operator's word, which no provider raises */
  constructor(max: number) {
    this.#max = max
    this.#size = max
  }

  get current(): number {
    return Math.min(this.#size, this.#fitting)
  }

  /**
   * @param blocks size of the range that failed, which near the head is less than the current size
   * @returns whether a smaller range is worth trying at once
   */
  refused(limit: ProviderLimit, blocks: number): boolean {
    switch (limit.kind) {
      case 'confirmed':
        this.#max = Math.min(this.#max, limit.blocks)
        this.#size = this.#max
        return true
      case 'suggested':
        this.#size = Math.min(this.#max, limit.blocks)
        return true
      case 'too-many-calls':
        return false
      default:
        // Providers have words of their own: whatever the fault was, fewer blocks are easier to serve.
        if (blocks > 1) this.#size = Math.floor(Math.min(this.#size, blocks) / 2)
        return blocks > 1 && limit.kind === 'too-large'
    }
  }

  /**
   * Notes a range that was served.
   * @param blocks how many were asked for
   * @param bytes of the logs in them
   */
  served(blocks: number, bytes: number): void {
    this.#size = Math.min(this.#max, this.#size + Math.max(1, Math.floor(this.#size / 20)))
    const fitting = bytes === 0 ? this.#max : Math.max(1, Math.floor((blocks * BYTES_AIMED_AT) / bytes))
    this.#fitting = Math.min(fitting, 2 * this.#fitting, this.#max)
  }
}

/** What a log takes beside its data: topics, hashes, the object. */
const LOG_OVERHEAD_BYTES = 800

/** @returns bytes that logs take in memory, roughly */
export function sizeOf(logs: readonly RawLog[]): number {
  return logs.reduce((sum, { data }) => sum + data.length + LOG_OVERHEAD_BYTES, 0)
}
