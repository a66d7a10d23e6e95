/** No usable answer came: the request may or may not have arrived. The text holds nothing confidential. */
export class ExchangeFault extends Error {
  override readonly name = 'ExchangeFault'
  /** HTTP status, when there was one. */
  readonly status: number | undefined
  /** Milliseconds after which the endpoint wants to be asked again, where it said so. */
  readonly retryAfterMs: number | undefined

  constructor(reason: string, status?: number, retryAfter?: number) {
    super(reason)
    this.status = status
    this.retryAfterMs = retryAfter
  }
}
