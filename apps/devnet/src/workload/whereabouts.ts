import { decodeOutcome, type Outcome, type RequestId } from '@kms-connector/protocol'
import {
  type Broker,
  DEAD_LETTERS,
  deadSubject,
  decodeDeadLetter,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
} from '@kms-connector/streams'
import type { RequestKind } from './order.ts'

/** How far one request came through the pipeline of one node. */
export interface Whereabouts {
  readonly published: boolean
  readonly answered: boolean
  readonly outcome: Outcome | undefined
  /** Why it was given up. */
  readonly dead: { readonly stage: string; readonly code: string; readonly detail: string } | undefined
}

const STAGES = ['gw-listener', 'kms-worker', 'tx-sender']

/** @returns the operation that a kind of request belongs to: users and delegates share one */
export function operationOf(kind: RequestKind): { readonly name: string } {
  return { name: kind === 'public' ? 'public-decryption' : 'user-decryption' }
}

/** Follows a decryption through the streams. @throws ConnectorError BROKER_UNAVAILABLE */
export function whereabouts(broker: Broker, kind: RequestKind, id: RequestId): Promise<Whereabouts> {
  return whereaboutsOf(broker, operationOf(kind), id)
}

/** Follows one id through the streams by subject. @throws ConnectorError BROKER_UNAVAILABLE */
export async function whereaboutsOf(
  broker: Broker,
  operation: { readonly name: string },
  id: RequestId,
): Promise<Whereabouts> {
  const [request, response, outcome, ...letters] = await Promise.all([
    newestMessage(broker, requestStream(operation), requestSubject(operation, id)),
    newestMessage(broker, RESPONSES, responseSubject(operation, id)),
    newestMessage(broker, OUTCOMES, outcomeSubject(operation, id)),
    ...STAGES.map(stage => newestMessage(broker, DEAD_LETTERS, deadSubject(stage, operation.name, id))),
  ])
  const letter = letters.find(found => found !== undefined)
  return {
    published: request !== undefined,
    answered: response !== undefined,
    outcome: outcome && decodeOutcome(outcome.body),
    dead: letter && decodeDeadLetter(letter.body),
  }
}

/** Says in a few words where a request stopped. */
export function whereaboutsText({ published, answered, outcome, dead }: Whereabouts): string {
  if (dead) return `given up by ${dead.stage}: ${dead.code}, ${dead.detail}`
  if (outcome) return `outcome ${outcome.status}${outcome.reason ? ` (${outcome.reason})` : ''}`
  if (answered) return 'answered by the KMS Core, not settled on chain: look at the tx-sender'
  if (published) return 'published, not answered: look at the kms-worker and the KMS Core'
  return 'not published: look at the gw-listener'
}
