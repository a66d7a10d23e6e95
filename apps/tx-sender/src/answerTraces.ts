import type { Response } from '@kms-connector/protocol'
import { inSpan, NO_TRACING, type Span, type SpanAttributes, type Tracing } from '@kms-connector/service-kit'
import { type Delivery, type TraceContext, traceOf } from '@kms-connector/streams'

/** The part of the trace of a request that the sender adds: from the answer that was read to its outcome. */
export class AnswerTraces {
  readonly #tracing: Tracing
  /** One for each answer that is not settled, by sequence. */
  readonly #open = new Map<number, Span>()

  constructor(tracing: Tracing) {
    this.#tracing = tracing
  }

  /** An answer was read; what follows is part of the trace that its message carries. */
  opened({ seq, headers }: Delivery, { id, operation }: Response): void {
    const attributes = { 'kms.request_id': id, 'kms.operation': operation.name }
    const span = this.#tracing.span('send answer', { parent: traceOf(headers), attributes })
    if (span.context) this.#open.set(seq, span)
  }

  /**
   * Does a step in a span.
   * @param seq of its answer; undefined for what belongs to none, such as the filling of a gap, which is not traced
   */
  step<T>(
    seq: number | undefined,
    name: string,
    attributes: SpanAttributes,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const parent = this.#contextOf(seq)
    return inSpan(parent ? this.#tracing : NO_TRACING, name, { parent, attributes }, work)
  }

  /** Shows a step that began earlier and has just ended. */
  past(seq: number | undefined, name: string, startedAt: number | undefined, attributes: SpanAttributes): void {
    const parent = this.#contextOf(seq)
    if (parent) this.#tracing.span(name, { parent, startedAt, attributes }).end()
  }

  /** An answer has its outcome. */
  closed(seq: number, attributes: SpanAttributes): void {
    const span = this.#open.get(seq)
    span?.set(attributes)
    span?.end()
    this.#open.delete(seq)
  }

  #contextOf(seq: number | undefined): TraceContext | undefined {
    return seq === undefined ? undefined : this.#open.get(seq)?.context
  }
}
