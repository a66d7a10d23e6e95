import type { Code } from '@connectrpc/connect'
import type { RequestId } from '@kms-connector/protocol'

/** Kinds of work a Core does, as named in its metrics. */
export type CoreWork =
  | 'public_decrypt'
  | 'user_decrypt'
  | 'keygen_preproc'
  | 'keygen'
  | 'crs_gen'
  | 'init'
  | 'resharing'

/** Ways in which a computation goes wrong. The answer is otherwise well-formed and, where it can be, validly signed. */
export type ComputeFault =
  /** No result, ever: polls stay UNAVAILABLE. */
  | 'never-answer'
  /** The computation fails: polls are INTERNAL for good. */
  | 'fail'
  /** The external signature is another key's. */
  | 'wrong-signer'
  /** The external signature has 64 bytes. */
  | 'short-signature'
  /** The answer names another request (for a user decryption: carries another link). */
  | 'wrong-request-id'
  /** One plaintext or digest too few. */
  | 'wrong-count'
  /** The first plaintext has another type. */
  | 'wrong-type'

/** Ways in which a poll goes wrong although the result is there. */
export type PollFault =
  /** The response body is no protobuf. */
  | { readonly kind: 'garbage' }
  /** The response body is padded with this many bytes. */
  | { readonly kind: 'over-long'; readonly bytes: number }
  | { readonly kind: 'refuse'; readonly code: Code }

/**
 * Hooks that make a Core misbehave for chosen requests, to test whoever talks to it. Each is asked once per call and
 * answers undefined for correct behaviour.
 */
export interface Faults {
  onSubmit?(id: RequestId, work: CoreWork): Code | undefined
  onCompute?(id: RequestId, work: CoreWork): ComputeFault | undefined
  onPoll?(id: RequestId, work: CoreWork): PollFault | undefined
}

/** Flips one bit far above every counter, so that an id names a request that was never made. */
export const OTHER_ID = 1n << 200n

/** Cuts the last byte off the external signature of an answer where the fault asks for it. */
export function shortened<R extends { externalSignature: Uint8Array }>(answer: R, fault: ComputeFault | undefined): R {
  if (fault === 'short-signature') answer.externalSignature = answer.externalSignature.subarray(0, 64)
  return answer
}
