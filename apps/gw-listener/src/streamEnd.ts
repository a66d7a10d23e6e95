/**
 * How far a stream is known to reach, to notice one that lost its end: set back to an older copy, or cut when its machine
 * lost power before the disk had everything. What is published then takes the numbers of what was lost and the stream does
 * not look shorter any more, so every publication remembers where the stream ended when it was sent.
 */
export class StreamEnd {
  #end = 0
  /** Lowest number that was given a second time. */
  #givenAgain = Number.POSITIVE_INFINITY

  /** There is a message with this number. */
  reached(seq: number): void {
    this.#end = Math.max(this.#end, seq)
  }

  /** To be asked before something is published. @returns to be called with the number that it was stored under */
  watch(): (seq: number) => void {
    const end = this.#end
    return seq => {
      if (seq <= end) this.#givenAgain = Math.min(this.#givenAgain, seq)
      this.reached(seq)
    }
  }

  /**
   * @param lastSeq where the stream ends now
   * @returns the last number that still has the message that it had before
   */
  intact(lastSeq: number): number {
    return Math.min(lastSeq, this.#givenAgain - 1)
  }

  isSetBack(lastSeq: number): boolean {
    return this.intact(lastSeq) < this.#end
  }

  /** What was lost is known and will be published again. */
  beginAgain(lastSeq: number): void {
    this.#end = lastSeq
    this.#givenAgain = Number.POSITIVE_INFINITY
  }
}
