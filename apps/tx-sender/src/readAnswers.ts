import { decodeResponse, type Response, toConnectorError } from '@kms-connector/protocol'
import { type Delivery, type OrderedEvent, orderedConsume, RESPONSES } from '@kms-connector/streams'
import { buryUnreadable } from './outcomes.ts'
import type { Sender } from './sender.ts'
import { hasOpenSlot, type InboxEntry } from './senderState.ts'

/**
 * Reads responses in order; no more than the inbox takes, so a stalled chain stalls the reading.
 * @param hardStop ends also the burial of an unreadable message
 * @throws ConnectorError CHECKPOINT_INVALID (fatal) when the stream is not the one that was read so far
 */
export async function readAnswers(sender: Sender, signal: AbortSignal, hardStop: AbortSignal): Promise<void> {
  const { broker, inboxSize } = sender.with
  const { checkpoint, newest: lastRead } = sender.state
  const options = { stream: RESPONSES, fromSeq: checkpoint + 1, lastRead, signal, ahead: 256 }
  const onEvent = (event: OrderedEvent) => noteEvent(sender, event)
  for await (const delivery of orderedConsume(broker, { ...options, onEvent })) {
    while (sender.state.inbox.size >= inboxSize && !signal.aborted) await sender.wake.after(1_000)
    if (signal.aborted) return
    await take(sender, delivery, hardStop)
    sender.wake.now()
  }
}

/** A hole is an alarm, not a reason to stop: what is gone from the stream does not come back, and the rest waits. */
function noteEvent({ with: { metrics, logger } }: Sender, event: OrderedEvent): void {
  if (event.kind === 'interrupted') {
    logger.warn({ event }, 'reading answers was disturbed')
    return
  }
  const { fromSeq, toSeq } = event
  const count = toSeq - fromSeq + 1
  metrics.answersMissed.inc(count)
  const fields = { stream: RESPONSES, from_seq: fromSeq, to_seq: toSeq, count }
  logger.error(fields, 'answers were gone from their stream before they were read')
}

async function take(sender: Sender, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { seq } = delivery
  const response = await decode(sender, delivery, signal)
  if (response) {
    sender.with.metrics.answersRead.inc({ operation: response.operation.name })
    sender.traces.opened(delivery, response)
    sender.state.inbox.set(seq, entryOf(sender, delivery, response))
  }
  sender.state.lastRead = seq
  sender.state.newest = { seq, storedAt: delivery.firstStoredAt }
}

/** @returns undefined for a message that is no answer; it is buried then */
async function decode(sender: Sender, delivery: Delivery, signal: AbortSignal): Promise<Response | undefined> {
  try {
    return decodeResponse(sender.with.table, delivery.body)
  } catch (fault) {
    await buryUnreadable(sender, delivery, toConnectorError(fault), signal)
    return undefined
  }
}

function entryOf(sender: Sender, delivery: Delivery, response: Response): InboxEntry {
  const { seq } = delivery
  return {
    seq,
    delivery,
    response,
    old: seq <= sender.with.responses.lastSeq,
    // A response that has a slot from an earlier run must not get another one.
    state: hasOpenSlot(sender.state, seq, response.id) ? 'slotted' : 'waiting',
    busy: false,
    before: sender.state.newest,
    notBefore: 0,
    tries: 0,
    unanswered: 0,
    parkedAfter: undefined,
    reverted: 0,
    gas: 0n,
    call: undefined,
  }
}
