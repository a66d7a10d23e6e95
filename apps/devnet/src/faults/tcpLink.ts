import { connect, type Socket } from 'node:net'
import type { Direction, TcpFaults } from './tcpProxy.ts'

interface Waiting {
  readonly bytes: Buffer | undefined
  readonly dueAt: number
}

/** Bytes that may wait in one direction before the sender is held back. */
const MOST_WAITING_BYTES = 1 << 20
/** A throttled direction sends this many times a second. */
const TICKS_A_SECOND = 20

/** One connection through the proxy: two sockets, and a queue for each direction. */
export class TcpLink {
  /** Settles when both sockets are gone. */
  readonly closed: Promise<void>
  readonly #sockets: Readonly<Record<'client' | 'target', Socket>>
  readonly #lanes: readonly Lane[]

  constructor(client: Socket, to: { readonly host: string; readonly port: number }, faults: () => TcpFaults) {
    const target = connect({ ...to, noDelay: true, allowHalfOpen: true })
    this.#sockets = { client, target }
    const reset = () => this.reset()
    this.#lanes = [new Lane('up', client, target, faults, reset), new Lane('down', target, client, faults, reset)]
    const gone = (socket: Socket) =>
      new Promise<void>(resolve => {
        socket.once('close', () => resolve())
        // Whatever ends one side without a proper end ends the other in the same way.
        socket.on('error', reset)
      })
    this.closed = Promise.all([gone(client), gone(target)]).then(() => {
      for (const lane of this.#lanes) lane.end()
    })
  }

  weatherChanged(): void {
    for (const lane of this.#lanes) lane.weatherChanged()
  }

  /** RST to both sides; what is on its way is lost. */
  reset(): void {
    for (const lane of this.#lanes) lane.end()
    for (const socket of Object.values(this.#sockets)) {
      // While the end of a socket is under way a reset is refused (EINVAL), and its handle would stay open for ever.
      if (socket.writableEnded && !socket.writableFinished) socket.destroy()
      else if (!socket.destroyed) socket.resetAndDestroy()
    }
  }
}

/** One direction of a link. */
class Lane {
  readonly #direction: Direction
  readonly #from: Socket
  readonly #to: Socket
  readonly #faults: () => TcpFaults
  readonly #reset: () => void
  #queue: Waiting[] = []
  #waitingBytes = 0
  #lostBytes = false
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(direction: Direction, from: Socket, to: Socket, faults: () => TcpFaults, reset: () => void) {
    this.#direction = direction
    this.#from = from
    this.#to = to
    this.#faults = faults
    this.#reset = reset
    from.on('data', (bytes: Buffer) => this.#take(bytes))
    from.once('end', () => this.#take(undefined))
    to.on('drain', () => this.#move())
  }

  weatherChanged(): void {
    if (this.#lostBytes && this.#faults().drop !== this.#direction) this.#reset()
    else this.#move()
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#queue = []
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#faults().drop === this.#direction && bytes !== undefined) {
      this.#lostBytes = true
      return
    }
    this.#queue.push({ bytes, dueAt: performance.now() + (this.#faults().delayMs ?? 0) })
    this.#waitingBytes += bytes?.length ?? 0
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#from.pause()
    this.#move()
  }

  /** Hands on what is due, as much as the throttle allows, and comes back for the rest. */
  #move(): void {
    clearTimeout(this.#timer)
    const { stall, bytesPerSecond } = this.#faults()
    if (this.#ended || stall?.includes(this.#direction)) return
    let budget = bytesPerSecond === undefined ? Number.POSITIVE_INFINITY : Math.ceil(bytesPerSecond / TICKS_A_SECOND)
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const early = next.dueAt - performance.now()
      const waitMs = budget <= 0 ? Math.max(early, 1000 / TICKS_A_SECOND) : early
      if (waitMs > 0) this.#timer = setTimeout(() => this.#move(), waitMs)
      if (waitMs > 0 || this.#to.writableNeedDrain) return
      budget -= this.#send(next, budget)
    }
    if (this.#from.isPaused()) this.#from.resume()
  }

  /** @returns how many bytes were handed on */
  #send(next: Waiting, budget: number): number {
    this.#queue.shift()
    if (next.bytes === undefined) {
      this.#to.end()
      return 0
    }
    const now = next.bytes.subarray(0, Math.min(budget, next.bytes.length))
    const later = next.bytes.subarray(now.length)
    if (later.length > 0) this.#queue.unshift({ bytes: later, dueAt: next.dueAt })
    this.#waitingBytes -= now.length
    this.#to.write(now)
    return now.length
  }
}
