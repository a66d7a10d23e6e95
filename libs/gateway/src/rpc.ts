import { inspect } from 'node:util'
import { ConnectorError } from '@kms-connector/protocol'
import { CallBatcher, type Exchange } from './callBatcher.ts'
import { type EndpointUrl, parseEndpointUrl } from './endpointUrl.ts'
import { ExchangeFault } from './exchangeFault.ts'
import { type ExchangeLimits, postJson } from './httpExchange.ts'
import { answersOf, type CallAnswer } from './jsonRpc.ts'
import { LaneBatcher } from './laneBatcher.ts'
import { isRateLimit } from './rateLimit.ts'
import { RpcError, rejected, unanswered } from './rpcError.ts'
import type { RpcReader } from './rpcReader.ts'

/** How one call ended. `rejected` is an answer of the node, `rate-limited` says that later calls may be served. */
export interface FinishedCall {
  readonly method: string
  readonly outcome: 'ok' | 'rejected' | 'rate-limited' | 'unavailable'
  readonly seconds: number
  /** What a rate limiter asked for, where it did. */
  readonly retryAfterMs?: number | undefined
}

export interface RpcOptions {
  readonly url: string
  /** Deadline of one HTTP exchange, from connecting to the last byte, milliseconds. */
  readonly timeoutMs: number
  /**
   * Calls made in one turn of the event loop travel as one JSON-RPC batch of at most this many; 0 turns it off. A function
   * says so for each method, and only calls of one method travel together.
   */
  readonly batchSize?: number | ((method: string) => number)
  /** Largest answer read, bytes; 64 MiB when left out. */
  readonly maxResponseBytes?: number
  /** Name in messages and metrics; the origin of the URL when left out. */
  readonly label?: string
  readonly onCall?: (call: FinishedCall) => void
}

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

/**
 * One JSON-RPC endpoint. Nothing is ever retried in here and no redirect is followed: a submit must not be repeated
 * behind the back of the sender, and no address but the configured one is contacted.
 */
export class Rpc implements RpcReader {
  /** Origin of the endpoint: safe to log, unlike the URL, whose path may hold an API key. */
  readonly endpoint: string
  readonly #url: EndpointUrl
  readonly #limits: ExchangeLimits
  readonly #calls: Pick<CallBatcher, 'call'>
  readonly #onCall: NonNullable<RpcOptions['onCall']>

  /** @throws ConnectorError SETTINGS_INVALID when the URL is none of http or https */
  constructor(options: RpcOptions) {
    const { url, timeoutMs, batchSize = 0, maxResponseBytes = MAX_RESPONSE_BYTES, label, onCall = () => {} } = options
    this.#url = parseEndpointUrl(url)
    this.endpoint = label ?? this.#url.origin
    this.#limits = { timeoutMs, maxResponseBytes }
    this.#onCall = onCall
    const exchange: Exchange = (body, ids) => this.#exchange(body, ids)
    this.#calls =
      typeof batchSize === 'number' ? new CallBatcher(exchange, () => batchSize) : new LaneBatcher(exchange, batchSize)
  }

  /**
   * @throws RpcError when the node answered with an error, ConnectorError RPC_UNAVAILABLE when there was no answer
   */
  async raw(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const started = performance.now()
    const ended = (outcome: FinishedCall['outcome'], retryAfterMs?: number) =>
      this.#onCall({ method, outcome, seconds: (performance.now() - started) / 1000, retryAfterMs })
    const answer = await this.#calls.call(method, params).catch((fault: unknown) => {
      if (!(fault instanceof ExchangeFault)) throw fault
      ended(fault.status === 429 ? 'rate-limited' : 'unavailable', fault.retryAfterMs)
      throw unanswered(method, this.endpoint, fault)
    })
    if (answer.kind === 'result') {
      ended('ok')
      return answer.result
    }
    if (answer.kind === 'missing') {
      ended('unavailable')
      throw unanswered(method, this.endpoint, new ExchangeFault('the answer does not speak of this call'))
    }
    const { code, text, data } = answer.error
    ended(isRateLimit(code, text) ? 'rate-limited' : 'rejected')
    throw new RpcError(method, code, this.#url.redact(text), data)
  }

  /** One endpoint asks nobody else. */
  read<T>(ask: (rpc: Rpc) => Promise<T>): Promise<T> {
    return ask(this)
  }

  /** Like {@link raw} for callers that do not care what a node's error says. @throws ConnectorError */
  async call(method: string, params: readonly unknown[] = []): Promise<unknown> {
    try {
      return await this.raw(method, params)
    } catch (fault) {
      throw fault instanceof RpcError ? rejected(fault) : fault
    }
  }

  /** @throws ConnectorError RPC_REJECTED when the node answers with something that is no quantity */
  async quantity(method: string, params: readonly unknown[] = []): Promise<bigint> {
    const result = await this.call(method, params)
    if (typeof result !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(result)) throw this.nonsense(method, result)
    return BigInt(result)
  }

  /**
   * The fault for an answer that does not have the form the method promises.
   * @param cause why it cannot be read, where it could be looked into
   */
  nonsense(method: string, result: unknown, cause?: unknown): ConnectorError {
    const shown = inspect(result, { depth: 2, maxArrayLength: 4, maxStringLength: 2000, breakLength: Infinity })
    const text = `${method} at ${this.endpoint} answered ${this.#clip(shown)}`
    return new ConnectorError('RPC_REJECTED', text, { method }, cause)
  }

  async #exchange(body: string, ids: readonly number[]): Promise<readonly CallAnswer[]> {
    const { ok, status, text, retryAfterMs } = await postJson(this.#url, body, this.#limits)
    const answers = answersOf(text, ids)
    // Proxies and rate limiters answer in place of the node; a node's own error may come with any status.
    if (answers !== undefined && (ok || answers.every(a => a.kind === 'error'))) return answers
    throw new ExchangeFault(`HTTP ${status}, no JSON-RPC: ${this.#clip(text)}`, status, retryAfterMs)
  }

  /** Redacts before it cuts: a key cut in two would not be recognised. */
  #clip(text: string): string {
    return this.#url.redact(text).slice(0, 1000).replaceAll(/\s+/g, ' ').slice(0, 200)
  }
}
