/** Added to an estimate before other answers are tried with it, percent: those of one form differ a little. */
const MARGIN_PERCENT = 10n
/** An estimate is made anew after this long, milliseconds: prices of data and what the contract stores change. */
const VALID_MS = 30_000
/** Forms of answers that are remembered at once. */
const MOST_FORMS = 64

/**
 * What answers of one form took lately: the same function with as much data. Searching for the least gas runs a contract up
 * to a dozen times. An answer that the contract takes with the gas of another one of its form needs no search of its own:
 * its least gas is not more than that.
 */
export class LearnedGas {
  readonly #forms = new Map<string, { readonly gas: bigint; readonly until: number }>()

  /** @returns gas that an answer of this form is tried with; undefined when it is to be estimated */
  guess(form: string, now: number): bigint | undefined {
    const known = this.#forms.get(form)
    return known && now < known.until ? known.gas : undefined
  }

  /** @param estimate least gas of an answer of this form, at the latest block */
  learn(form: string, estimate: bigint, now: number): void {
    this.#forms.delete(form)
    const [oldest] = this.#forms.keys()
    if (oldest !== undefined && this.#forms.size >= MOST_FORMS) this.#forms.delete(oldest)
    this.#forms.set(form, { gas: (estimate * (100n + MARGIN_PERCENT)) / 100n, until: now + VALID_MS })
  }
}
