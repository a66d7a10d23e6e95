import { decodeRequest, type Operation, type OperationTable, requestIdSerial } from '@kms-connector/protocol'
import { type Broker, newestMessages, parseSubject, requestStream } from '@kms-connector/streams'
import type { Sighting } from './recentRequests.ts'

/** Newest requests of each operation that a start looks at: enough to see a hole that the last run left. */
const LOOKED_AT = 64
/** Ids this far below the highest were published late, by hand: what lies between is on the stream, or was long ago. */
const NEAR = 128n

/**
 * The requests that were published last, in the order of their ids: where counting goes on after a restart. The contracts
 * of v0.11 have no view that tells their counters, so the streams are the only memory; an id older than they remember
 * is settled by the cursor.
 * @param floor requests in lower blocks are left out: an operator may have skipped what follows them on purpose
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function lastPublished(
  broker: Broker,
  table: OperationTable,
  operation: Operation,
  floor: number,
): Promise<readonly Pick<Sighting, 'operation' | 'id' | 'block'>[]> {
  const messages = await newestMessages(broker, requestStream(operation), LOOKED_AT)
  const sightings = messages.flatMap(({ subject, body }) => {
    const parts = parseSubject(subject)
    if (parts?.kind !== 'request' || parts.operation !== operation.name || parts.rerun !== undefined) return []
    try {
      return [{ operation, id: parts.id, block: decodeRequest(table, body).origin.blockNumber }]
    } catch {
      // Written by somebody else, or by a newer version: it says nothing here, and workers bury it.
      return []
    }
  })
  const inOrder = sightings.filter(({ block }) => block >= floor).sort((a, b) => (a.id < b.id ? -1 : 1))
  const highest = inOrder.at(-1)
  if (!highest) return []
  return inOrder.filter(({ id }) => requestIdSerial(highest.id) - requestIdSerial(id) < NEAR)
}
