/**
 * The rule a fault ends in:
 * - `retry`: the input may be fine later; try again with backoff, within the budget of its operation.
 * - `dead`: the input can never succeed; keep it as a dead letter and go on with the next one.
 * - `park`: nothing is wrong with the input, everything would fail the same way; stop, tell the operator, burn nothing.
 * - `fatal`: the process must not run like this; refuse to start or exit with code 1.
 */
export type Disposition = 'retry' | 'dead' | 'park' | 'fatal'

export interface ErrorEntry {
  readonly disposition: Disposition
  /** One sentence: what happened. */
  readonly what: string
  /** One sentence: what the operator does next. */
  readonly hint: string
}

export const entry = (disposition: Disposition, what: string, hint: string): ErrorEntry => ({ disposition, what, hint })
