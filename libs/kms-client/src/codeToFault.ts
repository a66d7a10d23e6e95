import { Code } from '@connectrpc/connect'
import type { ErrorCode } from '@kms-connector/protocol'
import type { CallEnding, EndedBy } from './callEnding.ts'

/** What failed calls mean for the request: a submit, and a poll. */
export interface Rulings {
  readonly submit: SubmitRuling
  readonly poll: PollRuling
}
export type Phase = keyof Rulings

interface Fault {
  readonly kind: 'fault'
  readonly code: ErrorCode
}
/** `accepted`: the Core has the request; go and poll. */
export type SubmitRuling = Fault | { readonly kind: 'accepted' }
/** `keep-polling`: nothing is decided yet. `resubmit`: the Core has lost the request. */
export type PollRuling = Fault | { readonly kind: 'keep-polling' } | { readonly kind: 'resubmit' }

const accepted = { kind: 'accepted' } as const
const keepPolling = { kind: 'keep-polling' } as const
const resubmit = { kind: 'resubmit' } as const
const fault = (code: ErrorCode): Fault => ({ kind: 'fault', code })

/**
 * What KMS Core v0.13 means by each status. Statuses that it never sends itself (proxies do) are read so that a good
 * request is not lost: they are retried within the budget of the operation.
 */
const CORE: Readonly<Record<Code, Rulings>> = {
  // A server-side time limit cancels the handler; the computation behind it may go on.
  [Code.Canceled]: { submit: fault('CORE_UNAVAILABLE'), poll: keepPolling },
  [Code.Unknown]: { submit: fault('CORE_UNAVAILABLE'), poll: keepPolling },
  // Submit: id, domain, addresses, ciphertexts or keys are malformed. Poll: the id is.
  [Code.InvalidArgument]: { submit: fault('CORE_REFUSED'), poll: fault('CORE_REFUSED') },
  [Code.DeadlineExceeded]: { submit: fault('CORE_UNAVAILABLE'), poll: keepPolling },
  // Submit: the key is not loaded (yet). Poll: restarted or evicted; results of decryptions live in memory only.
  [Code.NotFound]: { submit: fault('CORE_KEY_MISSING'), poll: resubmit },
  // The id is known: pending, done or failed. Polling tells which.
  [Code.AlreadyExists]: { submit: accepted, poll: fault('CORE_UNAVAILABLE') },
  [Code.PermissionDenied]: { submit: fault('CORE_INCOMPATIBLE'), poll: fault('CORE_INCOMPATIBLE') },
  // The rate limiter has no tokens left.
  [Code.ResourceExhausted]: { submit: fault('CORE_BUSY'), poll: keepPolling },
  // The Core waits for its recovery and has no signing key.
  [Code.FailedPrecondition]: { submit: fault('CORE_NOT_READY'), poll: fault('CORE_NOT_READY') },
  // Submit: the in-memory table of requests is full. Poll: the work was aborted on purpose (v0.14 only).
  [Code.Aborted]: { submit: fault('CORE_BUSY'), poll: fault('CORE_FAILED') },
  // Submit: tonic's word for a message above the limit of the server.
  [Code.OutOfRange]: { submit: fault('CORE_REFUSED'), poll: fault('CORE_UNAVAILABLE') },
  [Code.Unimplemented]: { submit: fault('CORE_INCOMPATIBLE'), poll: fault('CORE_INCOMPATIBLE') },
  // Poll: the computation failed; the Core repeats this for the id until it restarts.
  [Code.Internal]: { submit: fault('CORE_UNAVAILABLE'), poll: fault('CORE_FAILED') },
  // Poll: still computing when the long poll of 60 seconds ended.
  [Code.Unavailable]: { submit: fault('CORE_UNAVAILABLE'), poll: keepPolling },
  [Code.DataLoss]: { submit: fault('CORE_UNAVAILABLE'), poll: fault('CORE_UNAVAILABLE') },
  [Code.Unauthenticated]: { submit: fault('CORE_INCOMPATIBLE'), poll: fault('CORE_INCOMPATIBLE') },
}

/** No status arrived, or none that can be trusted. */
const OTHERS: Readonly<Record<Exclude<EndedBy, 'core'>, Rulings>> = {
  network: { submit: fault('CORE_UNAVAILABLE'), poll: keepPolling },
  answer: { submit: fault('CORE_ANSWER_INVALID'), poll: fault('CORE_ANSWER_INVALID') },
  request: { submit: fault('CORE_REFUSED'), poll: fault('CORE_REFUSED') },
}

/**
 * Decides what a failed call means.
 *
 * Codes count only when the Core sent them: an INTERNAL made up locally from a reset stream must not be taken for a
 * failed computation.
 */
export function codeToFault<P extends Phase>(phase: P, { by, code }: Pick<CallEnding, 'by' | 'code'>): Rulings[P] {
  return (by === 'core' ? CORE[code] : OTHERS[by])[phase]
}
