import { decodeOutcome, decodeRequest, OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import { parseSubject } from '@kms-connector/streams'
import type { NatsConnection } from 'nats'
import type { ChainWatch } from './chainWatch.ts'
import type { Journey } from './journey.ts'
import { readStream } from './readStream.ts'
import type { StageStreams } from './sample.ts'

const TABLE = new OperationTable(OPERATIONS_V0_11)

/**
 * Puts the moments of every request together, from the times at which the broker stored its messages and those at which the
 * chain announced block and transaction: all of them by the clock of this machine.
 * @returns a journey for each request whose moments are all known
 */
export async function readJourneys(
  connection: NatsConnection,
  streams: StageStreams,
  watch: ChainWatch,
  ids: readonly string[],
): Promise<Journey[]> {
  const [requests, responses, outcomes] = await Promise.all([
    readStream(connection, streams.published),
    readStream(connection, streams.answered, { headersOnly: true }),
    readStream(connection, streams.settled),
  ])
  const asked = new Map(
    requests.map(({ body, storedAt }) => {
      const { id, origin } = decodeRequest(TABLE, body)
      return [String(id), { published: storedAt, block: watch.blocks.get(origin.blockNumber) }] as const
    }),
  )
  const answered = new Map(responses.map(({ subject, storedAt }) => [String(parseSubject(subject)?.id), storedAt]))
  const ended = new Map(
    outcomes.map(({ body, storedAt }) => {
      const { id, transactionHash = '', blockNumber = -1 } = decodeOutcome(body)
      const moments = { submitted: watch.submitted.get(transactionHash), mined: watch.blocks.get(blockNumber) }
      return [id, { ...moments, stored: storedAt }] as const
    }),
  )
  return ids.flatMap(id => {
    const journey = { ...asked.get(id), answered: answered.get(id), ...ended.get(id) }
    return isWhole(journey) ? [journey] : []
  })
}

function isWhole(journey: Partial<Record<keyof Journey, number | undefined>>): journey is Journey {
  const { block, published, answered, submitted, mined, stored } = journey
  return [block, published, answered, submitted, mined, stored].every(moment => moment !== undefined)
}
