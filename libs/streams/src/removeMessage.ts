import { apiErrorCode, isMessageMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { untilCertain } from './untilCertain.ts'

/** nats-server answers the removal of a sequence that it does not hold with one of these. */
const NO_SUCH_SEQUENCE = [10043, 10057]

/**
 * Removes one message, such as a dead letter that was decided about. Removing what is gone already is no fault.
 * @throws ConnectorError BROKER_UNAVAILABLE; the reason of `signal`
 */
export function removeMessage(broker: Broker, stream: string, seq: number, signal?: AbortSignal): Promise<void> {
  return untilCertain(
    stream,
    async () => {
      try {
        await broker.manager.streams.deleteMessage(stream, seq, false)
      } catch (fault) {
        const code = apiErrorCode(fault)
        if (isMessageMissing(fault) || (code !== undefined && NO_SUCH_SEQUENCE.includes(code))) return
        throw fault
      }
    },
    signal,
  )
}
