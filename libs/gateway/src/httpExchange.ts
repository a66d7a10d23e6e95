import { lookup } from 'node:dns'
import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, type InputType, type ZlibOptions } from 'node:zlib'
import { guardedLookup, isLinkLocalAddress } from '@kms-connector/protocol'
import { Agent, type Dispatcher } from 'undici'
import type { EndpointUrl } from './endpointUrl.ts'
import { ExchangeFault } from './exchangeFault.ts'
import { retryAfterMs } from './rateLimit.ts'

export interface HttpAnswer {
  readonly ok: boolean
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number | undefined
}

export interface ExchangeLimits {
  /** Deadline of the whole exchange, from connecting to the last byte of the answer, milliseconds. */
  readonly timeoutMs: number
  /** Largest answer read, bytes after decompression. */
  readonly maxResponseBytes: number
}

/** A configured name must not lead to the metadata service of a cloud, whoever controls its DNS. */
const agent = new Agent({
  connect: { lookup: guardedLookup(lookup, isLinkLocalAddress, name => refusal(name)) },
})

const refusal = (name: string) =>
  new ExchangeFault(`${name} resolves to a link-local address, which is never contacted`)

/** A longer timer of Node would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const unpack = promisify<InputType, ZlibOptions, Buffer>(gunzip)
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/**
 * Posts JSON once. Redirects are refused, nothing is retried. Through the dispatcher of undici, because its `fetch` takes
 * seven times as long.
 * @throws ExchangeFault without an answer: no connection, deadline, redirect, oversized answer
 */
export async function postJson(endpoint: EndpointUrl, body: string, limits: ExchangeLimits): Promise<HttpAnswer> {
  const exchange = new Exchange(limits.maxResponseBytes)
  // A fault costs a stack trace, and hardly any exchange is late.
  const late = () => exchange.fail(new ExchangeFault(`no answer within ${limits.timeoutMs} ms`))
  const timer = setTimeout(late, Math.min(limits.timeoutMs, LONGEST_TIMER_MS))
  try {
    agent.dispatch(
      { origin: endpoint.origin, path: endpoint.path, method: 'POST', body, headers: headersFor(endpoint) },
      exchange,
    )
    return await exchange.answer
  } catch (fault) {
    throw fault instanceof ExchangeFault ? fault : new ExchangeFault(endpoint.redact(reasonOf(fault)).slice(0, 300))
  } finally {
    clearTimeout(timer)
  }
}

function headersFor({ authorization }: EndpointUrl): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: '*/*',
    'accept-encoding': 'gzip',
    // Some providers turn clients away that do not say what they are.
    'user-agent': 'kms-connector',
    ...(authorization === undefined ? {} : { authorization }),
  }
}

/**
 * One request under way, as undici tells about it. Invariant: the answer settles once; afterwards nothing is sent any more
 * and nothing is read, also when the request was still waiting for its connection.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>
  readonly #maxBytes: number
  readonly #settle: { readonly resolve: (answer: HttpAnswer) => void; readonly reject: (fault: unknown) => void }
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #failed: Error | undefined
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #size = 0

  constructor(maxBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    this.answer = promise
    this.#settle = { resolve, reject }
    this.#maxBytes = maxBytes
  }

  fail(fault: Error): void {
    this.#failed ??= fault
    this.#settle.reject(fault)
    this.#controller?.abort(fault)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#failed) controller.abort(this.#failed)
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status
    this.#headers = headers
    if (REDIRECTS.includes(status)) this.fail(new ExchangeFault(`unexpected redirect, HTTP ${status}`))
  }

  /** `content-length` is not believed: the bytes that arrive are counted. */
  onResponseData(_: unknown, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) this.fail(tooLarge(this.#maxBytes, this.#status))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    // Unpacking is inside of the deadline, too.
    this.#read().then(this.#settle.resolve, this.#settle.reject)
  }

  onResponseError(_: unknown, fault: Error): void {
    this.#failed ??= fault
    this.#settle.reject(fault)
  }

  async #read(): Promise<HttpAnswer> {
    const [first] = this.#chunks
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#size)
    const isPacked = this.#headers['content-encoding']?.toLowerCase() === 'gzip'
    const body = isPacked && this.#size > 0 ? await this.#unpacked(bytes) : bytes
    return {
      ok: this.#status >= 200 && this.#status < 300,
      status: this.#status,
      text: body.toString('utf8'),
      retryAfterMs: retryAfterMs(this.#headers['retry-after'] ?? null, Date.now()),
    }
  }

  async #unpacked(bytes: Buffer): Promise<Buffer> {
    try {
      return await unpack(bytes, { maxOutputLength: this.#maxBytes })
    } catch (fault) {
      const isTooLarge = fault instanceof Error && 'code' in fault && fault.code === 'ERR_BUFFER_TOO_LARGE'
      throw isTooLarge ? tooLarge(this.#maxBytes, this.#status) : fault
    }
  }
}

function tooLarge(maxBytes: number, status: number): ExchangeFault {
  return new ExchangeFault(`the answer is larger than ${maxBytes} bytes`, status)
}

/** What happened may be the cause of a text that says nothing. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const inner = fault.cause instanceof Error ? fault.cause : fault
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  return [code, inner.message].filter(part => part !== '').join(': ') || inner.name
}
