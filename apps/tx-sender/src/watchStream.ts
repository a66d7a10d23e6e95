import { checkpointFault, RESPONSES, streamIdentity } from '@kms-connector/streams'
import type { Sender } from './sender.ts'

const WATCH_MS = 5_000

/**
 * Looks now and then whether RESPONSES is still the stream that is being read: a consumer at the end of a stream that was
 * deleted and created again waits for ever, without a word.
 * @throws ConnectorError CHECKPOINT_INVALID (fatal) when it is not
 */
export async function watchStream(sender: Sender, signal: AbortSignal): Promise<void> {
  const { broker, responses, logger } = sender.with
  for (;;) {
    await sender.wake.sleep(WATCH_MS, signal)
    if (signal.aborted) return
    const seq = sender.state.lastRead
    const now = await streamIdentity(broker, RESPONSES).catch((fault: unknown) => {
      logger.warn({ err: fault }, 'could not look at the stream of answers')
    })
    // What expired behind the reader is in the inbox; only the birth and the end of the stream matter here.
    const fault = now && checkpointFault({ seq, created: responses.created }, { ...now, firstSeq: 1 })
    if (fault) throw fault
  }
}
