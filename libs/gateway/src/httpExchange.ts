import { lookup } from 'node:dns'
import { guardedLookup, isLinkLocalAddress } from '@kms-connector/protocol'
import { Agent, fetch } from 'undici'
import type { EndpointUrl } from './endpointUrl.ts'
import { retryAfterMs } from './rateLimit.ts'

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

/**
 * Posts JSON once. Redirects are refused, nothing is retried.
 * @throws ExchangeFault without an answer: no connection, deadline, redirect, oversized answer
 */
export async function postJson(endpoint: EndpointUrl, body: string, limits: ExchangeLimits): Promise<HttpAnswer> {
  const controller = new AbortController()
  const late = new ExchangeFault(`no answer within ${limits.timeoutMs} ms`)
  const timer = setTimeout(() => controller.abort(late), Math.min(limits.timeoutMs, LONGEST_TIMER_MS))
  try {
    const response = await fetch(endpoint.href, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(endpoint.authorization === undefined ? {} : { authorization: endpoint.authorization }),
      },
      redirect: 'error',
      dispatcher: agent,
      signal: controller.signal,
    })
    const text = await readText(response, limits.maxResponseBytes)
    const retryAfter = retryAfterMs(response.headers.get('retry-after'), Date.now())
    return { ok: response.ok, status: response.status, text, retryAfterMs: retryAfter }
  } catch (fault) {
    if (controller.signal.aborted) throw late
    throw fault instanceof ExchangeFault ? fault : new ExchangeFault(endpoint.redact(reasonOf(fault)).slice(0, 300))
  } finally {
    clearTimeout(timer)
    // Gives the connection back when the answer was not read to its end.
    controller.abort()
  }
}

/** `content-length` is not believed: the bytes that arrive are counted. */
async function readText(response: Awaited<ReturnType<typeof fetch>>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new ExchangeFault(`the answer is larger than ${maxBytes} bytes`, response.status)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

/** `fetch` wraps what happened as the cause of a text that says nothing. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const inner = fault.cause instanceof Error ? fault.cause : fault
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  return [code, inner.message].filter(part => part !== '').join(': ') || inner.name
}
