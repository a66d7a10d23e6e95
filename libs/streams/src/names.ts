import { type Operation, parseRequestId, type RequestId } from '@kms-connector/protocol'

/** What the broker needs to know of an operation. */
export type OperationName = Pick<Operation, 'name' | 'group'>

export const RESPONSES = 'RESPONSES'
export const OUTCOMES = 'OUTCOMES'
export const DEAD_LETTERS = 'DEAD_LETTERS'

/** Durable consumer that all workers of one request stream share. */
export const WORKER_CONSUMER = 'kms-worker'

/** Key-value buckets: cursors of the listener, ledger of the sender, its checkpoint, and its lease, which expires. */
export const CURSOR_BUCKET = 'last_block_polled'
export const TX_SLOTS_BUCKET = 'tx_slots'
export const SENDER_BUCKET = 'sender'
export const SENDER_LEASE_BUCKET = 'sender_lease'

export type SubjectKind = 'request' | 'response' | 'outcome'

/** The parts of a subject; `stage` only on dead letters, `rerun` only on re-runs of a request and replays of an answer. */
export interface SubjectParts {
  readonly kind: SubjectKind | 'dead'
  readonly stage: string | undefined
  readonly operation: string
  readonly id: RequestId
  readonly rerun: number | undefined
}

/** @returns `PUBLIC_DECRYPTION` for the operation `public-decryption` */
export function requestStream(operation: Pick<Operation, 'name'>): string {
  return operation.name.toUpperCase().replaceAll('-', '_')
}

/** @returns the wildcard under which a request stream collects its operation, re-runs included */
export function requestSubjects(operation: Pick<Operation, 'name'>): string {
  return `kms.request.${operation.name}.>`
}

/** @returns the wildcard of everything below one kind of subject */
export function subjectsOf(kind: SubjectKind | 'dead'): string {
  return `kms.${kind}.>`
}

/**
 * The subject is the deduplication key: the same request has the same subject, whoever publishes it.
 * @param rerun positive counter of a forced re-run; a re-run needs a subject of its own to be stored at all
 */
export function requestSubject(operation: Pick<Operation, 'name'>, id: RequestId, rerun?: number): string {
  const base = `kms.request.${operation.name}.${id}`
  return rerun === undefined ? base : `${base}.r${rerun}`
}

/**
 * Workers publish without suffix on purpose: the first answer of a request wins, also over answers of its re-runs.
 * @param rerun positive counter of a replay: the same answer once more, for a sender that gave it up; by operators only
 */
export function responseSubject(operation: Pick<Operation, 'name'>, id: RequestId, rerun?: number): string {
  const base = `kms.response.${operation.name}.${id}`
  return rerun === undefined ? base : `${base}.r${rerun}`
}

export function outcomeSubject(operation: Pick<Operation, 'name'>, id: RequestId): string {
  return `kms.outcome.${operation.name}.${id}`
}

/**
 * @param stage process or step that gave the message up
 * @param key request id, or another name for what has none; characters that are no part of a subject token become `_`
 */
export function deadSubject(stage: string, operation: string, key: string): string {
  return `kms.dead.${token(stage)}.${token(operation)}.${token(key)}`
}

function token(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 100) || 'unknown'
}

/**
 * `Nats-Msg-Id` of a message: the request id, so that `nats` users find it by the id they know. Ids carry a type byte per
 * operation, which keeps them apart also on RESPONSES and OUTCOMES, where all operations meet.
 */
export function messageId(id: RequestId, rerun?: number): string {
  return rerun === undefined ? id : `${id}.r${rerun}`
}

const SUBJECT =
  /^kms\.(?:(request|response|outcome)|dead\.([A-Za-z0-9_-]+))\.([a-z0-9-]+)\.([0-9a-f]{64})(?:\.r([1-9][0-9]{0,8}))?$/

/** Reads a subject back into its parts; undefined for anything this connector does not write. */
export function parseSubject(subject: string): SubjectParts | undefined {
  const match = SUBJECT.exec(subject)
  if (!match) return undefined
  const [, kind, stage, operation, id, rerun] = match
  if (operation === undefined || id === undefined) return undefined
  if (rerun !== undefined && kind !== 'request' && kind !== 'response') return undefined
  return {
    kind: (kind ?? 'dead') as SubjectParts['kind'], // CAST: the pattern allows no other word
    stage,
    operation,
    id: parseRequestId(id),
    rerun: rerun === undefined ? undefined : Number(rerun),
  }
}
