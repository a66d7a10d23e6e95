import { type Broker, newestMessage, OUTCOMES, outcomeSubject } from '@kms-connector/streams'
import type { InboxEntry } from './senderState.ts'

/**
 * Whether an earlier run settled this answer and ended before its checkpoint said so. Only an outcome that was stored
 * after the answer is about it: a replayed answer is newer than the outcome it is to replace.
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function isSettledOutcome(broker: Broker, { response, delivery }: InboxEntry): Promise<boolean> {
  const outcome = await newestMessage(broker, OUTCOMES, outcomeSubject(response.operation, response.id))
  return outcome !== undefined && outcome.storedAt >= delivery.firstStoredAt
}
