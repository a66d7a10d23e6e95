import type { ConnectorError, ErrorCode, Operation } from '@kms-connector/protocol'
import type { EncodedCall, Preparation } from './refusal.ts'
import type { InboxEntry } from './senderState.ts'

/** How an answer without a nonce goes on. */
export type EntryStep =
  | { readonly kind: 'ready'; readonly gas: bigint; readonly call: EncodedCall }
  /** The chain has it: its end is `already-answered`. */
  | { readonly kind: 'settled' }
  /** Nothing was said about it; that uses up none of its budget. */
  | { readonly kind: 'ask-again'; readonly error: ConnectorError }
  /** A refusal that may pass; it uses up budget. */
  | { readonly kind: 'refused'; readonly error: ConnectorError }
  /** All answers would be refused: sending is paused. */
  | { readonly kind: 'park'; readonly code: ErrorCode; readonly error: ConnectorError }
  | { readonly kind: 'bury'; readonly error: ConnectorError }

/**
 * Pure: what follows from what the contract said to an answer. A refusal that should hit every answer stops all of them,
 * unless others were taken since this one was asked about first: then the answer alone is at fault and must not hold up
 * the rest.
 * @param accepted answers that had been taken when the question was asked, and by now
 */
export function stepAfter(
  entry: Pick<InboxEntry, 'parkedAfter'>,
  preparation: Preparation,
  { acceptedBefore, accepted }: { readonly acceptedBefore: number; readonly accepted: number },
): EntryStep {
  switch (preparation.kind) {
    case 'ready':
      return { kind: 'ready', gas: preparation.gas, call: preparation.call }
    case 'answered':
      return { kind: 'settled' }
    case 'unanswered':
      return { kind: 'ask-again', error: preparation.error }
    case 'park': {
      const { code, error } = preparation
      const othersPass = accepted > (entry.parkedAfter ?? acceptedBefore)
      return othersPass ? { kind: 'refused', error } : { kind: 'park', code, error }
    }
    case 'retry':
      return { kind: 'refused', error: preparation.error }
    case 'dead':
      return { kind: 'bury', error: preparation.error }
  }
}

/**
 * Pure: whether an answer that is refused again and again is given up: with its attempts AND its age used up. Key
 * management never is.
 * @param ageMs since the answer was stored
 */
export function isUsedUp(
  group: Operation['group'],
  tries: number,
  ageMs: number,
  budget: { readonly attempts: number; readonly ageMs: number },
): boolean {
  return group === 'decryption' && tries >= budget.attempts && ageMs >= budget.ageMs
}
