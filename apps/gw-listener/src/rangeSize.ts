import { RpcError } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'

/** Texts with which providers refuse a range that is too wide or an answer that is too large; matched in lower case. */
const TOO_LARGE =
  /block range|range (is )?too (large|wide)|too many (blocks|results)|more than \d+ (results|logs)|query returned more|response size|limit exceeded|exceeds? (the )?(max|limit)|max results|logs? (are )?limited|timed? ?out|took too long/
/** The same without words of the node: our own deadline and ceiling, and what proxies in front of a slow node say. */
const TOO_SLOW = /no answer within \d+ ms|answer is larger than \d+ bytes|HTTP (408|413|504|524),/

/**
 * How many blocks one `eth_getLogs` covers. Halves when a provider refuses a range or a call times out, grows slowly
 * with every success, so that catch-up runs at the speed the provider allows.
 */
export class RangeSize {
  readonly #max: number
  #size: number

  /** @param max most blocks ever asked for at once */
  constructor(max: number) {
    this.#max = max
    this.#size = max
  }

  get current(): number {
    return this.#size
  }

  /** @param blocks size of the range that failed, which near the head is less than the current size */
  shrink(blocks: number): void {
    if (blocks > 1) this.#size = Math.floor(Math.min(this.#size, blocks) / 2)
  }

  grow(): void {
    this.#size = Math.min(this.#max, this.#size + Math.max(1, Math.floor(this.#size / 20)))
  }
}

/**
 * Whether a failed `eth_getLogs` says that fewer blocks would do. The opposite is never certain: providers have their own
 * words, so a range is made smaller after any fault, only not at once.
 */
export function isRangeTooLarge(fault: unknown): boolean {
  if (fault instanceof RpcError) return TOO_LARGE.test(fault.text.toLowerCase())
  return fault instanceof ConnectorError && fault.code === 'RPC_UNAVAILABLE' && TOO_SLOW.test(fault.message)
}
