import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError, toConnectorError, type Verdict, verdictOf } from '@kms-connector/protocol'
import type { JsMsg } from 'nats'
import { AttemptHistory } from './attemptHistory.ts'
import { Batcher } from './batcher.ts'
import type { Broker } from './connection.ts'
import { type Delivery, deliveryKey, deliveryOf } from './delivery.ts'
import { WORKER_CONSUMER } from './names.ts'
import { isWorthPulling, lingersFrom, startsAtOnce } from './pace.ts'
import type { PublishStall } from './publish.ts'
import { type PullEvent, pullMessages } from './pull.ts'
import type { RetryPolicy } from './retryPolicy.ts'
import { handBack, keepAlive, type Settlement, settle, settlementOf } from './settle.ts'
import { ACK_WAIT_MS } from './topology.ts'

/**
 * Works on a batch. One promise for each delivery, in order; each is settled on its own, so a slow message never holds
 * the others. A rejected promise counts as the verdict its error asks for.
 * @param signal fires when this process cannot wait any longer and the message is given to another worker
 */
export type BatchHandler = (batch: readonly Delivery[], signal: AbortSignal) => readonly Promise<Verdict>[]

export type ConsumeEvent =
  | PullEvent
  | { readonly kind: 'settled'; readonly delivery: Delivery; readonly settlement: Settlement; readonly heldMs: number }
  /** The broker delivered again what is being worked on; it is not worked on twice. */
  | { readonly kind: 'redelivered-while-held'; readonly delivery: Delivery }
  | { readonly kind: 'dead-letter-stalled'; readonly stall: PublishStall }
  /** A dead letter could not be stored; the message stays on the stream and comes back. */
  | { readonly kind: 'settle-failed'; readonly delivery: Delivery; readonly error: ConnectorError }

export interface ConsumeOptions {
  readonly stream: string
  readonly consumer?: string
  /** Name of this process in dead letters. */
  readonly stage: string
  readonly batchSize: number
  /** Milliseconds that the first message of a batch waits for others; one that comes alone after as long a silence does not. */
  readonly lingerMs: number
  /** Ceiling of messages held, collected and worked on together. */
  readonly maxInFlight: number
  readonly retry: RetryPolicy
  readonly handler: BatchHandler
  readonly onEvent?: (event: ConsumeEvent) => void
  /** Milliseconds between signs of life for everything held; a quarter of the consumer's ack wait. */
  readonly heartbeatMs?: number
}

export interface StopReport {
  /** Messages given back to the broker, untouched or unfinished. */
  readonly handedBack: number
}

interface Held {
  readonly key: string
  readonly delivery: Delivery
  readonly since: number
  /** The newest delivery: its acknowledgement is the one that counts. */
  message: JsMsg
}

/** Pause before a message comes back that arrived although there was no room for it. */
const OVERFLOW_DELAY_MS = 1_000

/** Starts to consume a stream through its durable consumer, shared with all workers of the same name. */
export function consume(broker: Broker, options: ConsumeOptions): Consumption {
  return new Consumption(broker, options)
}

/** A running consumer. Every message it takes is acknowledged, given back or buried; none is forgotten. */
export class Consumption {
  readonly #broker: Broker
  readonly #options: ConsumeOptions
  readonly #held = new Map<string, Held>()
  readonly #batcher: Batcher<Held>
  readonly #history = new AttemptHistory()
  readonly #pulling = new AbortController()
  readonly #handling = new AbortController()
  readonly #heartbeat: NodeJS.Timeout
  readonly #pulled: Promise<void>
  #linger: NodeJS.Timeout | undefined
  #dispatchedAt = -Infinity
  #changed: (() => void)[] = []
  #handedBack = 0

  constructor(broker: Broker, options: ConsumeOptions) {
    if (options.maxInFlight < 1 || options.batchSize < 1) {
      throw new ConnectorError('SETTINGS_INVALID', 'batch size and messages in flight must be at least 1')
    }
    this.#broker = broker
    this.#options = options
    this.#batcher = new Batcher(Math.min(options.batchSize, options.maxInFlight), options.lingerMs)
    this.#heartbeat = setInterval(() => this.#keepAlive(), options.heartbeatMs ?? ACK_WAIT_MS / 4)
    this.#pulled = pullMessages(broker, {
      stream: options.stream,
      consumer: options.consumer ?? WORKER_CONSUMER,
      room: signal => this.#room(signal),
      take: message => this.#take(message),
      onEvent: event => this.#emit(event),
      signal: this.#pulling.signal,
    })
  }

  /** Messages held now. */
  get held(): number {
    return this.#held.size
  }

  /**
   * Takes nothing new, gives back what nobody works on yet, and waits for the work in hand; what is not finished at the
   * deadline is given back too.
   * @param deadlineMs milliseconds
   */
  async stop(deadlineMs: number): Promise<StopReport> {
    this.#pulling.abort()
    clearTimeout(this.#linger)
    for (const held of this.#batcher.flush()) this.#giveBack(held)
    const deadline = new AbortController()
    await Promise.race([
      Promise.all([this.#pulled, this.#idle()]),
      sleep(deadlineMs, undefined, { signal: deadline.signal }).catch(() => {}),
    ])
    deadline.abort()
    this.#handling.abort()
    for (const held of [...this.#held.values()]) this.#giveBack(held)
    clearInterval(this.#heartbeat)
    // Acknowledgements are not answered: they count only once the server has read them.
    await Promise.race([this.#flush(), sleep(2_000, undefined, { ref: false })])
    return { handedBack: this.#handedBack }
  }

  async #idle(): Promise<void> {
    while (this.#held.size > 0) await this.#change()
  }

  async #flush(): Promise<void> {
    const { connection } = this.#broker
    if (!connection.isClosed()) await connection.flush().catch(() => {})
  }

  /** Waits for room, and a moment longer for enough of it: a pull for each message that ends would double their cost. */
  async #room(signal: AbortSignal): Promise<number> {
    const { maxInFlight, batchSize, lingerMs } = this.#options
    const enough = Math.min(batchSize, Math.ceil(maxInFlight / 4))
    const wake = () => this.#notify()
    signal.addEventListener('abort', wake, { once: true })
    let since: number | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      for (;;) {
        const free = maxInFlight - this.#held.size
        const now = performance.now()
        if (free >= 1) since ??= now
        const waitedMs = since === undefined ? 0 : now - since
        if (signal.aborted || isWorthPulling({ free, enough, waitedMs, lingerMs })) return Math.max(1, free)
        if (since !== undefined) timer ??= setTimeout(wake, lingerMs + 1)
        await this.#change()
      }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
    }
  }

  #take(message: JsMsg): void {
    const key = deliveryKey(message)
    const known = this.#held.get(key)
    if (known) {
      known.message = message
      keepAlive(message)
      this.#emit({ kind: 'redelivered-while-held', delivery: known.delivery })
    } else if (this.#pulling.signal.aborted) {
      handBack(message)
    } else if (this.#held.size >= this.#options.maxInFlight) {
      handBack(message, OVERFLOW_DELAY_MS)
    } else {
      this.#collect({ key, message, delivery: deliveryOf(message), since: performance.now() })
    }
  }

  #collect(held: Held): void {
    this.#held.set(held.key, held)
    const { lingerMs } = this.#options
    const batch = this.#batcher.add(held, lingersFrom(held.since, this.#dispatchedAt, lingerMs))
    const quietMs = held.since - this.#dispatchedAt
    if (batch) this.#dispatch(batch)
    else if (startsAtOnce(held.message.info.pending, quietMs, lingerMs)) this.#dispatch(this.#batcher.flush())
    else this.#linger ??= this.#armLinger()
  }

  #armLinger(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#linger = undefined
      const dueIn = this.#batcher.dueIn(performance.now())
      if (dueIn === undefined) return
      if (dueIn <= 1) this.#dispatch(this.#batcher.flush())
      else this.#linger = this.#armLinger()
    }, this.#batcher.dueIn(performance.now()) ?? 0)
  }

  #dispatch(batch: readonly Held[]): void {
    this.#dispatchedAt = performance.now()
    const deliveries = batch.map(held => held.delivery)
    let verdicts: readonly Promise<Verdict>[]
    try {
      verdicts = this.#options.handler(deliveries, this.#handling.signal)
    } catch (fault) {
      verdicts = batch.map(() => Promise.reject(fault))
    }
    for (const [i, held] of batch.entries()) {
      const missing = () => new ConnectorError('INTERNAL', 'the handler gave no verdict')
      void this.#finish(held, verdicts[i] ?? Promise.reject(missing()))
    }
  }

  async #finish(held: Held, promise: Promise<Verdict>): Promise<void> {
    const verdict = await promise.catch(fault => verdictOf(toConnectorError(fault)))
    // Given back at the deadline of stop(): another worker has it now.
    if (this.#held.get(held.key) !== held) return
    const attempt = held.message.info.deliveryCount
    const delivery = { attempt, firstStoredAt: held.delivery.firstStoredAt }
    const settlement = settlementOf(verdict, delivery, this.#options.retry, Date.now(), Math.random())
    if (settlement.kind !== 'ack') this.#history.add(held.key, attempt, settlement.error)
    await this.#settle(held, settlement)
    if (settlement.kind !== 'nak') this.#history.forget(held.key)
    this.#held.delete(held.key)
    this.#notify()
  }

  async #settle(held: Held, settlement: Settlement): Promise<void> {
    const publish = {
      signal: this.#handling.signal,
      onStalled: (stall: PublishStall) => this.#emit({ kind: 'dead-letter-stalled', stall }),
    }
    const burial = { stage: this.#options.stage, history: this.#history.of(held.key), publish }
    try {
      await settle(this.#broker, held.message, settlement, burial)
    } catch (fault) {
      const error = toConnectorError(fault)
      this.#emit({ kind: 'settle-failed', delivery: held.delivery, error })
      return handBack(held.message, ACK_WAIT_MS)
    }
    this.#emit({ kind: 'settled', delivery: held.delivery, settlement, heldMs: performance.now() - held.since })
  }

  #giveBack(held: Held): void {
    handBack(held.message)
    this.#handedBack++
    this.#held.delete(held.key)
  }

  #keepAlive(): void {
    for (const held of this.#held.values()) keepAlive(held.message)
  }

  #emit(event: ConsumeEvent): void {
    this.#options.onEvent?.(event)
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#changed.push(resolve))
  }

  #notify(): void {
    const waiting = this.#changed
    this.#changed = []
    for (const resolve of waiting) resolve()
  }
}
