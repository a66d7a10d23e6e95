import type { Rpc, RpcPool } from '@kms-connector/gateway'
import type { Logger } from '@kms-connector/service-kit'

/** Looks in a row that got no answer, after which another endpoint takes over. */
const FAILED_LOOKS = 3

/**
 * The endpoint that transactions go to. Counts, receipts and estimates come from the same one: another one may lag, and
 * what it says about nonces would contradict what was just sent. When it stops answering, all of it moves to another one
 * together.
 */
export class SendingEndpoint {
  readonly #pool: RpcPool
  readonly #logger: Logger
  #rpc: Rpc
  #failedLooks = 0

  /** @throws ConnectorError RPC_UNAVAILABLE when no endpoint may be used */
  constructor(pool: RpcPool, logger: Logger) {
    this.#pool = pool
    this.#logger = logger
    this.#rpc = pool.pin()
  }

  get rpc(): Rpc {
    return this.#rpc
  }

  /** Others, best first, that the same bytes can be given to when this one gives no clear answer. */
  others(): readonly Rpc[] {
    return this.#pool.others(this.#rpc)
  }

  /** Notes whether a look at the chain was answered. */
  noteLook(answered: boolean): void {
    this.#failedLooks = answered ? 0 : this.#failedLooks + 1
    if (this.#failedLooks < FAILED_LOOKS) return
    const [next] = this.others()
    if (!next) return
    this.#logger.warn({ from: this.#rpc.endpoint, to: next.endpoint }, 'sends through another endpoint from now on')
    this.#rpc = next
    this.#failedLooks = 0
  }
}
