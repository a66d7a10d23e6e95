import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '@kms-connector/protocol'
import type { Consumer, JsMsg } from 'nats'
import { DeliverPolicy } from 'nats'
import { backOff } from './backoff.ts'
import { faultText } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { continuityFault, type LastRead } from './continuity.ts'
import { type Delivery, deliveryOf } from './delivery.ts'
import { beforeSilence } from './silence.ts'

export type OrderedEvent =
  /** Reading was interrupted and goes on at `nextSeq` after a backoff. */
  | { readonly kind: 'interrupted'; readonly nextSeq: number; readonly detail: string }
  /** Sequences that the stream does not hold: expired or removed. Unexplained, this is an alarm. */
  | { readonly kind: 'hole'; readonly fromSeq: number; readonly toSeq: number }

export interface OrderedOptions {
  readonly stream: string
  /** First sequence to read. */
  readonly fromSeq: number
  /** What was read last before `fromSeq`, where that is known: it must still be there, or have expired. */
  readonly lastRead?: LastRead | undefined
  /** Ends the iteration. */
  readonly signal: AbortSignal
  /** Messages fetched ahead of the reader, at most. */
  readonly ahead?: number
  readonly onEvent?: (event: OrderedEvent) => void
}

const PULL_MS = 5_000
const HEARTBEAT_MS = 1_000
const LEADER_CATCH_UP_MS = 2_000

/**
 * Reads a stream in order, every message once, through restarts of the broker. The next messages are fetched only when
 * the reader has taken the last ones, so a slow reader holds nothing but its window. Ends when the signal fires;
 * otherwise waits for new messages for ever.
 * @throws ConnectorError CHECKPOINT_INVALID when the stream was set back, or lost what was read
 */
export async function* orderedConsume(broker: Broker, options: OrderedOptions): AsyncGenerator<Delivery, void, void> {
  const { signal } = options
  let nextSeq = Math.max(1, options.fromSeq)
  let lastRead = options.lastRead
  for (let failures = 0; !signal.aborted && !broker.connection.isClosed(); ) {
    try {
      // A new one for each window: the client's own position moves on with everything that it received, also with what a
      // lost connection made it drop before it was read here.
      let trusted = true
      for await (const delivery of readWindow(broker, options, nextSeq, lastRead)) {
        if (delivery.seq < nextSeq) continue
        if (delivery.seq > nextSeq) {
          // Only the very first message after a start at `nextSeq` proves that there is nothing in between.
          if (!trusted) break
          options.onEvent?.({ kind: 'hole', fromSeq: nextSeq, toSeq: delivery.seq - 1 })
        }
        trusted = false
        nextSeq = delivery.seq + 1
        lastRead = { seq: delivery.seq, storedAt: delivery.firstStoredAt }
        failures = 0
        yield delivery
      }
    } catch (fault) {
      if (signal.aborted) return
      if (fault instanceof ConnectorError && fault.code === 'CHECKPOINT_INVALID') throw fault
      options.onEvent?.({ kind: 'interrupted', nextSeq, detail: faultText(fault) })
      await backOff(failures++, 100, 2_000, signal).catch(() => {})
    }
  }
}

/** The consumer lives in the memory of the server: it vanishes with it, and a new one starts where reading stopped. */
function orderedConsumer(broker: Broker, stream: string, fromSeq: number): Promise<Consumer> {
  return broker.jetstream.consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: fromSeq,
  })
}

async function expectContinuity(
  broker: Broker,
  stream: string,
  lastRead: LastRead,
  signal: AbortSignal,
): Promise<void> {
  if (!(await continuityFault(broker, stream, lastRead, signal))) return
  // A leader that was just elected may not have caught up.
  await sleep(LEADER_CATCH_UP_MS, undefined, { signal })
  const fault = await continuityFault(broker, stream, lastRead, signal)
  if (fault) throw fault
}

/** A window through a consumer of its own, which goes with it: the server would keep each of them for five minutes. */
async function* readWindow(
  broker: Broker,
  { stream, signal, ahead = 64 }: OrderedOptions,
  fromSeq: number,
  lastRead: LastRead | undefined,
): AsyncGenerator<Delivery> {
  const consumer = await beforeSilence(orderedConsumer(broker, stream, fromSeq))
  try {
    // Asked once there is a consumer: a stream that is set back takes it along, so what the window brings is of this stream.
    if (lastRead) await expectContinuity(broker, stream, lastRead, signal)
    yield* fetchWindow(consumer, ahead, signal)
  } finally {
    if (!broker.connection.isClosed()) consumer.delete().catch(() => {})
  }
}

/**
 * Everything of a window is taken off the client at once, however slowly it is read: the client ends a window when its last
 * message arrives, and then forgets what it still holds of it.
 */
async function* fetchWindow(consumer: Consumer, size: number, signal: AbortSignal): AsyncGenerator<Delivery> {
  const messages = await beforeSilence(
    consumer.fetch({ max_messages: size, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS }),
  )
  const close = () => void messages.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    const window = new Window(messages)
    for (;;) {
      const delivery = await window.next()
      if (delivery === undefined || signal.aborted) return
      yield delivery
    }
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

/** What arrived of one window and was not read yet; never more than the window holds. */
class Window {
  readonly #received: Delivery[] = []
  #ended = false
  #fault: unknown
  #changed = Promise.withResolvers<void>()

  constructor(messages: AsyncIterable<JsMsg>) {
    void this.#receive(messages[Symbol.asyncIterator]())
  }

  /**
   * @returns the next message, undefined at the end of the window
   * @throws Error when receiving was interrupted and everything before is read
   */
  async next(): Promise<Delivery | undefined> {
    for (;;) {
      const delivery = this.#received.shift()
      if (delivery) return delivery
      if (this.#fault !== undefined) throw this.#fault
      if (this.#ended) return undefined
      await this.#changed.promise
    }
  }

  async #receive(iterator: AsyncIterator<JsMsg>): Promise<void> {
    try {
      for (let next = await beforeSilence(iterator.next()); !next.done; next = await beforeSilence(iterator.next())) {
        this.#received.push(deliveryOf(next.value))
        this.#tell()
      }
    } catch (fault) {
      this.#fault = fault
    }
    this.#ended = true
    this.#tell()
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
