import { randomUUID } from 'node:crypto'
import { AckPolicy, type Consumer, DeliverPolicy, ReplayPolicy } from 'nats'
import { backOff } from './backoff.ts'
import { faultText } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { beforeSilence } from './silence.ts'

export interface WatchOptions {
  readonly stream: string
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Called for every message stored from now on, with its subject only: bodies stay where they are. */
  readonly onSubject: (subject: string) => void
  /** Called whenever watching begins, also again after an interruption: what was stored in between was not seen. */
  readonly onBegin: () => void
  /** Called when watching was interrupted; it goes on by itself after a backoff. */
  readonly onInterrupted?: (detail: string) => void
}

const PULL_MS = 5_000
const HEARTBEAT_MS = 1_000
const WINDOW = 256
/** JetStream durations are nanoseconds. The server forgets an abandoned watch after this long. */
const INACTIVE_NS = 60_000 * 1_000_000
/** A pull that ends empty before its time did not wait for messages: the consumer is gone. */
const SUSPICIOUS_MS = PULL_MS / 2

/**
 * Watches a stream for new messages through a consumer that lives in the memory of the server and acknowledges nothing.
 * Meant for whoever reads the messages themselves afterwards: an interruption loses notices, never messages, and
 * `onBegin` tells when to look at everything again. Returns when the signal fires or the connection was closed.
 */
export async function watchSubjects(broker: Broker, options: WatchOptions): Promise<void> {
  const { signal } = options
  for (let failures = 0; !signal.aborted && !broker.connection.isClosed(); ) {
    let name: string | undefined
    try {
      const consumer = await begin(broker, options.stream)
      name = consumer.name
      options.onBegin()
      for (;;) {
        await pullWindow(consumer.pull, options)
        if (signal.aborted) return
        failures = 0
      }
    } catch (fault) {
      if (signal.aborted) return
      options.onInterrupted?.(faultText(fault))
    } finally {
      if (name !== undefined) await forget(broker, options.stream, name)
    }
    await backOff(failures++, 100, 2_000, signal).catch(() => {})
  }
}

async function begin(broker: Broker, stream: string): Promise<{ readonly name: string; readonly pull: Consumer }> {
  const { name } = await broker.manager.consumers.add(stream, {
    // Named, so that permissions can tell a watch from the consumer of the workers.
    name: `watch-${randomUUID()}`,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.New,
    replay_policy: ReplayPolicy.Instant,
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: INACTIVE_NS,
  })
  return { name, pull: await broker.jetstream.consumers.get(stream, name) }
}

async function pullWindow(consumer: Consumer, { signal, onSubject }: WatchOptions): Promise<void> {
  if (signal.aborted) return
  const started = performance.now()
  const request = { max_messages: WINDOW, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS }
  const messages = await beforeSilence(consumer.fetch(request))
  const close = () => void messages.close()
  signal.addEventListener('abort', close, { once: true })
  let seen = 0
  try {
    // A server that is killed at the wrong moment leaves the client waiting without end.
    const iterator = messages[Symbol.asyncIterator]()
    for (let next = await beforeSilence(iterator.next()); !next.done; next = await beforeSilence(iterator.next())) {
      seen++
      if (!signal.aborted) onSubject(next.value.subject)
    }
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
  if (seen === 0 && !signal.aborted && performance.now() - started < SUSPICIOUS_MS) {
    throw new Error('the pull ended before its time')
  }
}

/** Without this the server would do it by itself a minute later. */
async function forget(broker: Broker, stream: string, name: string): Promise<void> {
  if (broker.connection.isClosed()) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, 1_000)
  broker.manager.consumers
    .delete(stream, name)
    .catch(() => {})
    .then(() => resolve())
  await promise
  clearTimeout(timer)
}
