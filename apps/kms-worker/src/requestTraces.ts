import type { Request } from '@kms-connector/protocol'
import { inSpan, type Span, type Tracing } from '@kms-connector/service-kit'
import { type Delivery, type TraceContext, traceOf } from '@kms-connector/streams'

/** Failed attempts that are remembered, so that the next one is linked to them. */
const REMEMBERED = 10_000

/** The trace of requests through this worker: one span for each attempt, part of the trace that the listener began. */
export class RequestTraces {
  readonly #tracing: Tracing
  readonly #failed = new Map<string, TraceContext>()

  constructor(tracing: Tracing) {
    this.#tracing = tracing
  }

  /**
   * Works on a request in a span. The first attempt shows how long the request waited in the stream; a later one is linked
   * to the attempt before, or to the message where another worker made that.
   */
  async attempt<T>(delivery: Delivery, request: Request, work: (span: Span) => Promise<T>): Promise<T> {
    const { attempt, subject, headers, firstStoredAt } = delivery
    const parent = traceOf(headers)
    const before = attempt > 1 ? (this.#failed.get(subject) ?? parent) : undefined
    const attributes = { 'kms.request_id': request.id, 'kms.operation': request.operation.name, 'kms.attempt': attempt }
    const options = { parent, attributes, links: before ? [before] : [] }
    return inSpan(this.#tracing, 'answer request', options, async span => {
      if (attempt === 1 && span.context) {
        this.#tracing.span('queue wait', { parent: span.context, startedAt: firstStoredAt }).end()
      }
      try {
        const result = await work(span)
        this.#failed.delete(subject)
        return result
      } catch (fault) {
        this.#remember(subject, span.context)
        throw fault
      }
    })
  }

  #remember(subject: string, context: TraceContext | undefined): void {
    if (!context) return
    const oldest = this.#failed.keys().next()
    if (this.#failed.size >= REMEMBERED && !oldest.done) this.#failed.delete(oldest.value)
    this.#failed.set(subject, context)
  }
}
