import type { Consumer, JsMsg } from 'nats'
import { backOff } from './backoff.ts'
import { faultText } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { beforeSilence, untilSilence } from './silence.ts'

export type PullEvent =
  /** A pull request ended with a fault; the next one follows after a backoff. */
  | { readonly kind: 'pull-failed'; readonly detail: string; readonly failures: number }
  /** Messages wait but none arrive. Normal while other workers hold all they may, an alarm otherwise. */
  | { readonly kind: 'stalled'; readonly waiting: number; readonly held: number }

export interface PullOptions {
  readonly stream: string
  readonly consumer: string
  /** @returns how many messages may be taken now; waits until at least one may */
  readonly room: (signal: AbortSignal) => Promise<number>
  readonly take: (message: JsMsg) => void
  readonly onEvent: (event: PullEvent) => void
  readonly signal: AbortSignal
}

/** One pull request waits this long on the server; JetStream clients do not allow less than 1 s. */
const PULL_MS = 5_000
/** A dead connection or a moved leader shows after two missed heartbeats. */
const HEARTBEAT_MS = 1_000
/** Silence that is looked into. */
const STALL_MS = 30_000

/**
 * Pulls messages until the signal fires, and never more than there is room for, so that everything delivered is in the
 * caller's hands and can be kept alive. Each request is independent of the last: a request that goes silent costs its
 * own seconds, never the consumer.
 */
export async function pullMessages(broker: Broker, options: PullOptions): Promise<void> {
  const { signal } = options
  const watch = new StallWatch()
  let consumer: Consumer | undefined
  for (let failures = 0; !signal.aborted && !broker.connection.isClosed(); ) {
    try {
      const room = await options.room(signal)
      consumer ??= await beforeSilence(broker.jetstream.consumers.get(options.stream, options.consumer))
      await pullOnce(consumer, room, options, watch)
      failures = 0
      if (watch.silentForLong() && (await watch.isStalled(consumer, options.onEvent))) consumer = undefined
    } catch (fault) {
      if (signal.aborted) return
      consumer = undefined
      options.onEvent({ kind: 'pull-failed', detail: faultText(fault), failures: failures + 1 })
      await backOff(failures++, 100, 2_000, signal).catch(() => {})
    }
  }
}

async function pullOnce(consumer: Consumer, room: number, options: PullOptions, watch: StallWatch): Promise<void> {
  if (options.signal.aborted) return
  const request = { max_messages: room, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS }
  const messages = await beforeSilence(consumer.fetch(request))
  const close = () => void messages.close()
  options.signal.addEventListener('abort', close, { once: true })
  try {
    // Closing lets the iterator run out of what has arrived already, so nothing that was delivered is overlooked.
    await untilSilence(async heard => {
      for await (const message of messages) {
        heard()
        watch.progress()
        options.take(message)
      }
    })
  } finally {
    options.signal.removeEventListener('abort', close)
    close()
  }
}

class StallWatch {
  #since = performance.now()

  progress(): void {
    this.#since = performance.now()
  }

  silentForLong(): boolean {
    return performance.now() - this.#since > STALL_MS
  }

  async isStalled(consumer: Consumer, onEvent: (event: PullEvent) => void): Promise<boolean> {
    this.progress()
    const info = await consumer.info()
    if (info.num_pending === 0) return false
    onEvent({ kind: 'stalled', waiting: info.num_pending, held: info.num_ack_pending })
    return true
  }
}
