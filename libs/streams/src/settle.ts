import { ConnectorError, type Verdict } from '@kms-connector/protocol'
import type { JsMsg } from 'nats'
import type { AttemptRecord } from './attemptHistory.ts'
import type { Broker } from './connection.ts'
import { deadReason, publishDeadLetter } from './deadLetters.ts'
import { type Delivery, deliveryOf } from './delivery.ts'
import { parseSubject } from './names.ts'
import type { PublishOptions } from './publish.ts'
import { decideRetry, type RetryPolicy } from './retryPolicy.ts'

/** What is done with a message. */
export type Settlement =
  | { readonly kind: 'ack' }
  | { readonly kind: 'nak'; readonly delayMs: number; readonly error: ConnectorError }
  | { readonly kind: 'dead'; readonly error: ConnectorError }

/**
 * Turns a verdict into what is done with the message. Faults that would hit every message alike (`park`, `fatal`) never
 * use up a message's budget.
 * @param random number in [0, 1), for the jitter of the delay
 */
export function settlementOf(
  verdict: Verdict,
  delivery: Pick<Delivery, 'attempt' | 'firstStoredAt'>,
  policy: RetryPolicy,
  now: number,
  random: number,
): Settlement {
  if (verdict.kind === 'done') return { kind: 'ack' }
  const { error } = verdict
  if (verdict.kind === 'dead') return { kind: 'dead', error }
  const budgeted =
    error.disposition === 'park' || error.disposition === 'fatal' ? { ...policy, budget: undefined } : policy
  const ageMs = now - delivery.firstStoredAt
  const decision = decideRetry(delivery.attempt, ageMs, budgeted, random)
  if (decision.kind === 'again') return { kind: 'nak', delayMs: verdict.afterMs ?? decision.delayMs, error }
  const story = `given up after ${delivery.attempt} attempts in ${Math.round(ageMs / 1_000)} s: ${error.message}`
  return { kind: 'dead', error: new ConnectorError(error.code, story, error.facts, error) }
}

/** The dead letter of a message that is given up. */
export interface Burial {
  readonly stage: string
  readonly history: readonly AttemptRecord[]
  readonly publish: Pick<PublishOptions, 'signal' | 'onStalled'>
}

/**
 * Tells the broker what became of a message: the only place with ack, nak and term. A message is terminated only after
 * its dead letter is stored, and without a reason, because nats-server before 2.10 ignores a term that carries one.
 * @throws what publishing the dead letter throws; the message stays on the stream then
 */
export async function settle(broker: Broker, message: JsMsg, settlement: Settlement, burial: Burial): Promise<void> {
  switch (settlement.kind) {
    case 'ack':
      return message.ack()
    case 'nak':
      return message.nak(settlement.delayMs)
    case 'dead':
      await bury(broker, deliveryOf(message), settlement.error, burial)
      return message.term()
  }
}

/** Gives a message back unused: another worker gets it at once, or after a delay in milliseconds. */
export function handBack(message: JsMsg, delayMs?: number): void {
  tell(() => message.nak(delayMs))
}

/** Shows that a held message is still being worked on, which starts its ack wait anew. */
export function keepAlive(message: JsMsg): void {
  tell(() => message.working())
}

/** Answers cannot be written to a closed connection; the message then comes back by itself after its ack wait. */
function tell(answer: () => void): void {
  try {
    answer()
  } catch {}
}

async function bury(broker: Broker, delivery: Delivery, error: ConnectorError, burial: Burial): Promise<void> {
  const { stream, seq, subject, attempt, firstStoredAt, headers, body } = delivery
  const parts = parseSubject(subject)
  const letter = {
    ...deadReason(error),
    stage: burial.stage,
    operation: parts?.operation ?? 'unknown',
    key: parts?.id ?? `${stream}-${seq}`,
    source: { stream, seq, subject, attempts: attempt, firstStoredAt },
    headers,
    body,
    history: burial.history,
  }
  await publishDeadLetter(broker, letter, burial.publish)
}
