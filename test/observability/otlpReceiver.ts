import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A span as a collector gets it, the parts that matter. */
export interface ReceivedSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly links: readonly string[]
  readonly failed: boolean
  readonly milliseconds: number
}

/** A collector of traces on loopback: takes the OpenTelemetry Protocol as JSON over HTTP. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = []
  /** Requests are taken and never answered while this is set. */
  silent = false
  requests = 0
  lastHeaders: IncomingHttpHeaders = {}
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    // CAST: it listens on TCP.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Waits until the spans of a trace that has this attribute satisfy a condition. */
  async trace(
    key: string,
    value: string,
    complete: (spans: readonly ReceivedSpan[]) => boolean,
  ): Promise<ReceivedSpan[]> {
    const deadline = Date.now() + 60_000
    for (;;) {
      const traceId = this.spans.find(({ attributes }) => attributes[key] === value)?.traceId
      const spans = this.spans.filter(span => span.traceId === traceId)
      if (complete(spans)) return spans
      if (Date.now() > deadline) throw new Error(`the trace of ${value} has only ${JSON.stringify(spans, null, 1)}`)
      await sleep(50)
    }
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++
    this.lastHeaders = request.headers
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (this.silent) return
    if (request.url !== '/v1/traces') return void response.writeHead(404).end()
    this.spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
}

interface KeyValue {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string; readonly boolValue?: boolean }
}
interface WireSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes?: readonly KeyValue[]
  readonly links?: readonly { readonly spanId: string }[]
  readonly status?: { readonly code?: number }
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}
interface WireBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

const ERROR = 2

function spansOf({ resourceSpans }: WireBody): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(record(resource.attributes)['service.name'])
    return scopeSpans.flatMap(({ spans }) => spans.map(span => received(service, span)))
  })
}

function received(service: string, span: WireSpan): ReceivedSpan {
  const { name, traceId, spanId, parentSpanId = '', attributes = [], links = [], status } = span
  return {
    service,
    name,
    traceId,
    spanId,
    parentSpanId,
    attributes: record(attributes),
    links: links.map(link => link.spanId),
    failed: status?.code === ERROR,
    milliseconds: Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000n),
  }
}

function record(pairs: readonly KeyValue[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  )
}
