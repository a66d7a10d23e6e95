import type { Operation } from '@kms-connector/protocol'
import { type Broker, CURSOR_BUCKET, KeyValue, RESPONSES, requestStream } from '@kms-connector/streams'
import { AnswerReconciler, type UnsettledAnswer } from './reconcileAnswers.ts'
import { ReconcileCursor } from './reconcileCursor.ts'
import { type LostRequest, type ReconcileTerms, RequestReconciler } from './reconcileRequests.ts'

export interface ReconcilerOptions extends ReconcileTerms {
  readonly outcomeAgeMs: number
}

/** What one look found. */
export interface Finding {
  readonly lost: readonly { readonly operation: Operation; readonly request: LostRequest }[]
  readonly unsettled: readonly UnsettledAnswer[]
  /** Unanswered requests that are followed, by operation. */
  readonly open: ReadonlyMap<string, number>
  readonly more: boolean
}

/**
 * Finds requests of which nothing came, and runs them again. It believes no counter and no acknowledgement, only what the
 * streams hold. Several may run at once: what they publish for one request is the same message.
 */
export class Reconciler {
  readonly #requests: readonly (readonly [Operation, RequestReconciler])[]
  readonly #answers: AnswerReconciler

  constructor(broker: Broker, operations: readonly Operation[], options: ReconcilerOptions) {
    const bucket = new KeyValue(broker, CURSOR_BUCKET)
    this.#requests = operations.map(operation => {
      const cursor = new ReconcileCursor(bucket, requestStream(operation))
      return [operation, new RequestReconciler(broker, operation, cursor, options)]
    })
    this.#answers = new AnswerReconciler(broker, new ReconcileCursor(bucket, RESPONSES), options.outcomeAgeMs)
  }

  /**
   * Looks once at every stream.
   * @param keep false leaves the stored cursors alone: for a look that changes nothing
   * @throws ConnectorError BROKER_UNAVAILABLE
   */
  async look(signal: AbortSignal, keep: boolean): Promise<Finding> {
    const now = Date.now()
    const lost: Finding['lost'][number][] = []
    const open = new Map<string, number>()
    let more = false
    for (const [operation, requests] of this.#requests) {
      const pass = await requests.pass(now, signal, keep)
      lost.push(...pass.lost.map(request => ({ operation, request })))
      open.set(operation.name, pass.open)
      more ||= pass.more
    }
    const answers = await this.#answers.pass(now, signal, keep)
    return { lost, unsettled: answers.unsettled, open, more: more || answers.more }
  }

  /** Runs a lost request again. @returns its subject, undefined when somebody else did or it is not kept any more */
  async repeat(operation: Operation, request: LostRequest, signal: AbortSignal): Promise<string | undefined> {
    return this.#requests.find(([each]) => each.name === operation.name)?.[1].repeat(request, signal)
  }
}
