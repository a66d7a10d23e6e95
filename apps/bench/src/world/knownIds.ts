import { OPERATIONS_V0_11, type RequestId, requestIdOf } from '@kms-connector/protocol'
import {
  CURSOR_BUCKET,
  connectBroker,
  DEFAULT_TOPOLOGY,
  OUTCOMES,
  outcomeSubject,
  provision,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  SENDER_BUCKET,
  topologyOf,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import { connect, type NatsConnection } from 'nats'
import { useOf } from '../measure/processUse.ts'
import type { BenchBroker } from './benchBroker.ts'

/** A message that is copied for other ids. */
export interface Template {
  readonly id: RequestId
  readonly body: Uint8Array
}

/** One message of each stream: what a request that was answered leaves behind. */
export interface Templates {
  readonly request: Template
  readonly response: Template
  readonly outcome: Template
}

const OPERATION = { name: 'public-decryption' }
const ID_BASE = 1n << 248n
const CONNECTIONS = 4
/** Messages that are sent before the server is asked whether it has them all. */
const PART = 20_000
const AHEAD = 4_096
const LOOK_MS = 20
const DEADLINE_MS = 600_000

/**
 * Fills the streams as if the first ids had been requested, answered and settled: a message for each on three streams, the
 * consumer of the workers behind the last request, the cursors of sender and listener behind the last messages.
 */
export async function fillKnownIds(broker: BenchBroker, count: number, templates: Templates): Promise<void> {
  const own = await connectBroker({ servers: [broker.url], name: 'bench' })
  await provision(own, topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY))
  await own.connection.close()
  const writers = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect({ servers: broker.url })))
  for (const [stream, subject, template] of [
    [requestStream(OPERATION), requestSubject, templates.request],
    [RESPONSES, responseSubject, templates.response],
    [OUTCOMES, outcomeSubject, templates.outcome],
  ] as const) {
    await fill(broker, writers, stream, count, id => ({ subject: subject(OPERATION, id), body: rewrite(template, id) }))
  }
  await Promise.all(writers.map(writer => writer.close()))
  await acknowledgeAll(broker, count)
  await writeCursors(broker, count)
  await untilIdle(broker)
}

const IDLE_LOOK_MS = 1_000
const IDLE_LOOKS = 3
const IDLE_SHARE = 0.05
const MOST_IDLE_LOOKS = 90

/**
 * What is measured is a past, not the work that storing a million messages within a minute leaves behind for the server.
 * @throws Error when the server does not come to rest
 */
async function untilIdle({ pid }: BenchBroker): Promise<void> {
  let before = useOf(pid).cpuSeconds
  for (let looks = 0, idle = 0; idle < IDLE_LOOKS; looks++) {
    if (looks === MOST_IDLE_LOOKS) throw new Error(`nats-server is busy ${looks} s after the streams were filled`)
    await new Promise(resolve => setTimeout(resolve, IDLE_LOOK_MS))
    const { cpuSeconds } = useOf(pid)
    idle = ((cpuSeconds - before) * 1_000) / IDLE_LOOK_MS < IDLE_SHARE ? idle + 1 : 0
    before = cpuSeconds
  }
}

async function fill(
  broker: BenchBroker,
  writers: readonly NatsConnection[],
  stream: string,
  count: number,
  messageOf: (id: RequestId) => { readonly subject: string; readonly body: Uint8Array },
): Promise<void> {
  for (let sent = 0; sent < count; ) {
    const end = Math.min(count, sent + PART)
    for (; sent < end; sent++) {
      const { subject, body } = messageOf(requestIdOf(ID_BASE + BigInt(sent) + 1n))
      writers[sent % writers.length]?.publish(subject, body)
    }
    await Promise.all(writers.map(writer => writer.flush()))
    await untilStored(broker, stream, sent)
  }
}

async function untilStored(broker: BenchBroker, stream: string, count: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while ((await broker.stored([stream]))[stream] !== count) {
    if (performance.now() > deadline) throw new Error(`${stream} did not take ${count} messages`)
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}

/** @returns a body with another id in place of its own */
function rewrite({ body, id: own }: Template, id: RequestId): Uint8Array {
  const copy = Buffer.from(body)
  for (let at = copy.indexOf(own); at >= 0; at = copy.indexOf(own, at + own.length)) copy.write(id, at, 'latin1')
  return copy
}

/** The server lets nobody move a consumer, so every message is taken and acknowledged. */
async function acknowledgeAll({ connection }: BenchBroker, count: number): Promise<void> {
  const stream = requestStream(OPERATION)
  const consumer = await connection.jetstream().consumers.get(stream, WORKER_CONSUMER)
  const messages = await consumer.consume({ max_messages: AHEAD })
  let taken = 0
  for await (const message of messages) {
    message.ack()
    // Leaving the loop closes it; `close()` would wait for ever then.
    if (++taken === count) break
  }
  await connection.flush()
  const manager = await connection.jetstreamManager()
  const deadline = performance.now() + DEADLINE_MS
  while ((await manager.consumers.info(stream, WORKER_CONSUMER)).ack_floor.stream_seq < count) {
    if (performance.now() > deadline) throw new Error('the known requests were not acknowledged')
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}

/** What services note about streams that they are through with: the sender its checkpoint, the listener what it has looked at. */
async function writeCursors({ connection }: BenchBroker, seq: number): Promise<void> {
  const manager = await connection.jetstreamManager()
  const views = connection.jetstream().views
  const sender = await views.kv(SENDER_BUCKET, { bindOnly: true })
  const listener = await views.kv(CURSOR_BUCKET, { bindOnly: true })
  const cursorOf = async (stream: string) =>
    JSON.stringify({ v: 1, seq, created: (await manager.streams.info(stream)).created })
  await sender.put('checkpoint', await cursorOf(RESPONSES))
  for (const stream of [requestStream(OPERATION), RESPONSES])
    await listener.put(`reconciled.${stream}`, await cursorOf(stream))
}
