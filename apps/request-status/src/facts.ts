import type { Operation, Origin, Outcome, RequestId } from '@kms-connector/protocol'
import type { ConsumerPosition } from '@kms-connector/streams'

/** A request as its stream keeps it: the first publication or a forced re-run. */
export interface Run {
  readonly seq: number
  readonly storedAt: number
  /** Undefined when the body cannot be read by this build. */
  readonly origin: Origin | undefined
}

export interface StoredResponse {
  readonly storedAt: number
  readonly answeredAt: number
  readonly origin: Origin | undefined
}

export interface StoredOutcome extends Outcome {
  readonly storedAt: number
}

/** A dead letter without the message it holds. */
export interface Burial {
  readonly stage: string
  readonly code: string
  readonly detail: string
  readonly at: number
  readonly storedAt: number
  /** Whether the request was given up or the answer to it. */
  readonly of: 'request' | 'answer'
}

/** The newest transaction signed for an answer that is not settled yet. */
export interface OpenSlot {
  readonly nonce: number
  readonly hash: string
  readonly attempts: number
  readonly firstSignedAt: number
}

/**
 * Everything the broker holds about one request. All times are milliseconds since the epoch, `storedAt` by the clock of
 * the broker.
 */
export interface Facts {
  readonly operation: Operation
  readonly id: RequestId
  readonly first: Run | undefined
  readonly newestRerun: Run | undefined
  readonly reruns: number
  readonly response: StoredResponse | undefined
  readonly outcome: StoredOutcome | undefined
  /** Newest of each stage. */
  readonly burials: readonly Burial[]
  /** Where the workers are on the request stream, read before everything else. */
  readonly workers: ConsumerPosition | undefined
  readonly slot: OpenSlot | undefined
  /** When this was read, by our own clock. */
  readonly readAt: number
  /** How long answers and outcomes are kept, the shorter of both: without them, only a younger request is known to lack them. */
  readonly keptMs: number
}
