/**
 * Admission of work: every accepted request holds its tokens until its background task has ended, so the bucket bounds
 * what is in flight rather than a rate (KMS Core v0.13's rate limiter).
 */
export class TokenBucket {
  #free: number

  constructor(size: number) {
    this.#free = size
  }

  /** @returns a function that gives the tokens back, once; undefined when there are too few. */
  take(tokens: number): (() => void) | undefined {
    if (tokens > this.#free) return undefined
    this.#free -= tokens
    let held = true
    return () => {
      if (held) this.#free += tokens
      held = false
    }
  }
}
