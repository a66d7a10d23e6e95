import { ConnectorError } from '@kms-connector/protocol'
import { backoffDelay, type Logger, sleep } from '@kms-connector/service-kit'

export interface DoorbellOptions {
  /** WebSocket endpoint of the chain; its path may hold a key and is not shown. */
  readonly url: string
  /** Silence after which a connection counts as dead, milliseconds. */
  readonly silenceMs: number
  readonly onRing: () => void
  readonly logger: Logger
}

/** A new block is announced with about 1 KiB; whoever sends more is not talked to. */
const LARGEST_MESSAGE = 64 * 1024
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 }
/** However often it rings, a listener looks at the chain twenty times a second at most. */
const LEAST_PAUSE_MS = 50

/**
 * Rings when a WebSocket announces a new block, so that the chain is looked at before the polling interval is over. It is
 * never believed and never needed: what a ring says is not read, and without it polling goes on as before. It may die, lie,
 * ring without end or be silent, and costs latency, nothing else.
 */
export class Doorbell {
  readonly #options: DoorbellOptions
  readonly #ears: Ear[] = []

  constructor(options: DoorbellOptions) {
    this.#options = options
  }

  /** @returns one for each loop that waits: what one of them has heard is news to the others */
  ear(): Ear {
    const ear = new Ear()
    this.#ears.push(ear)
    return ear
  }

  /** Keeps a connection until the signal; a lost one is opened again after a growing pause. Never throws. */
  async listen(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const begin = performance.now()
      const why = await this.#connection(signal)
      if (signal.aborted) return
      // A connection that has served for a while says that the endpoint is there.
      failures = performance.now() - begin > BACKOFF.maxMs ? 1 : failures + 1
      const pauseMs = backoffDelay(BACKOFF, failures, Math.random())
      const err = new ConnectorError('RPC_UNAVAILABLE', `WebSocket of ${originOf(this.#options.url)}: ${why}`)
      this.#options.logger.warn({ err, pause_ms: pauseMs }, 'the doorbell is silent, polling goes on')
      await sleep(pauseMs, signal).catch(() => {})
    }
  }

  /** @returns why it ended */
  #connection(signal: AbortSignal): Promise<string> {
    return new Promise(resolve => {
      const socket = new WebSocket(this.#options.url)
      let timer: NodeJS.Timeout | undefined
      const end = (why: string) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        socket.close()
        resolve(why)
      }
      const stop = () => end('stopped')
      const heard = () => {
        clearTimeout(timer)
        timer = setTimeout(() => end(`silent for ${this.#options.silenceMs} ms`), this.#options.silenceMs)
      }
      signal.addEventListener('abort', stop, { once: true })
      heard()
      socket.addEventListener('open', () => socket.send(SUBSCRIBE))
      socket.addEventListener('error', () => end('no connection'))
      socket.addEventListener('close', ({ code }) => end(`closed with ${code}`))
      socket.addEventListener('message', ({ data }) => {
        heard()
        const size = typeof data === 'string' ? data.length : LARGEST_MESSAGE + 1
        if (size > LARGEST_MESSAGE) end('a message that is too large')
        else if (data.includes('eth_subscription')) this.#ring()
        else if (data.includes('"error"')) end('it takes no subscription')
      })
    })
  }

  #ring(): void {
    this.#options.onRing()
    for (const ear of this.#ears) ear.hear()
  }
}

/** Waits for rings on behalf of one loop. */
export class Ear {
  #wake: (() => void) | undefined
  #heard = false
  #wokeAt = Number.NEGATIVE_INFINITY

  hear(): void {
    this.#heard = true
    this.#wake?.()
  }

  /**
   * Waits until it rings, at most so long. A ring while nobody was waiting counts for the next wait. The pause between two
   * looks is counted from the begin of the first one: a chain with blocks as far apart would otherwise always be seen late.
   */
  async rung(mostMs: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + mostMs
    const pauseMs = Math.min(mostMs, this.#wokeAt + LEAST_PAUSE_MS - performance.now())
    if (pauseMs > 0) await sleep(pauseMs, signal).catch(() => {})
    if (!this.#heard && !signal.aborted) await this.#ring(until - performance.now(), signal)
    this.#heard = false
    this.#wokeAt = performance.now()
  }

  async #ring(mostMs: number, signal: AbortSignal): Promise<void> {
    const ring = Promise.withResolvers<void>()
    this.#wake = ring.resolve
    const done = new AbortController()
    const late = sleep(Math.max(0, mostMs), AbortSignal.any([signal, done.signal])).catch(() => {})
    await Promise.race([ring.promise, late])
    done.abort()
    this.#wake = undefined
  }
}

const SUBSCRIBE = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] })

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? 'the endpoint'
}
