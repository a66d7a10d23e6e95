import type { ProviderLimit } from './providerLimit.ts'

/**
 * How many blocks one `eth_getLogs` covers at one endpoint. What the provider confirms as its limit is kept; without
 * such a word the size is an estimate that halves with every refusal and grows by a twentieth with every success, so that
 * catch-up runs at the speed the provider allows.
 */
export class RangeSize {
  #max: number
  #size: number

  /** @param max most blocks ever asked for at once: the operator's word, which no provider raises */
  constructor(max: number) {
    this.#max = max
    this.#size = max
  }

  get current(): number {
    return this.#size
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

  grow(): void {
    this.#size = Math.min(this.#max, this.#size + Math.max(1, Math.floor(this.#size / 20)))
  }
}
