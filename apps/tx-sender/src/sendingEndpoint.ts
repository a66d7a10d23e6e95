import type { Rpc, RpcPool } from '@kms-connector/gateway'
import type { Logger } from '@kms-connector/service-kit'

/** Looks in a row that got no answer, after which another endpoint takes over. */
const FAILED_LOOKS = 3
/** The same for one that answers and is passed over for this long: a rate limit of a moment is no reason to move. */
const PASSED_OVER_MS = 2_000

/**
 * The endpoint that transactions go to. Counts, receipts and estimates come from the same one: another one may lag, and
 * what it says about nonces would contradict what was just sent. When it stops answering, or answers and is of no use
 * because it lags, is syncing or serves another chain, all of it moves to another one together.
 */
export class SendingEndpoint {
  readonly #pool: RpcPool
  readonly #logger: Logger
  #rpc: Rpc
  #failedLooks = 0
  #passedOverSince: number | undefined

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

  /** Notes whether a look at the chain was answered. To be called after every look. */
  noteLook(answered: boolean): void {
    this.#failedLooks = answered ? 0 : this.#failedLooks + 1
    this.#notePassedOver()
    const passedOverMs = performance.now() - (this.#passedOverSince ?? Number.POSITIVE_INFINITY)
    if (this.#failedLooks < FAILED_LOOKS && passedOverMs < PASSED_OVER_MS) return
    const [next] = this.others()
    if (!next) return
    const why = this.#pool.report().find(({ endpoint }) => endpoint === this.#rpc.endpoint)?.why
    const fields = { from: this.#rpc.endpoint, to: next.endpoint, why }
    this.#logger.warn(fields, 'sends through another endpoint from now on')
    this.#rpc = next
    this.#failedLooks = 0
    this.#passedOverSince = undefined
  }

  /** Passed over: the pool would not give it to anybody, and has another one that it would. */
  #notePassedOver(): void {
    const usable = this.#pool.report().filter(endpoint => endpoint.usable)
    const passedOver = usable.length > 0 && usable.every(({ endpoint }) => endpoint !== this.#rpc.endpoint)
    this.#passedOverSince = passedOver ? (this.#passedOverSince ?? performance.now()) : undefined
  }
}
