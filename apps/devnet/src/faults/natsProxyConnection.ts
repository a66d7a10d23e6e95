import { once } from 'node:events'
import type { Socket } from 'node:net'
import { encodeFrame, type NatsFrame, NatsFrames } from './natsFrames.ts'
import { messageOf } from './natsMessage.ts'
import type { NatsFate, NatsRule } from './natsProxy.ts'

/** Questions whose answers are recognised; the oldest is forgotten first. */
const QUESTIONS_REMEMBERED = 20_000

/** One client and its connection to the server: reads both directions, asks about every message and obeys. */
export class NatsProxyConnection {
  readonly #client: Socket
  readonly #server: Socket
  readonly #decide: NatsRule
  readonly #announced: () => object
  /** Subjects by the reply subject that they were published with. */
  readonly #questions = new Map<string, string>()
  #name = ''
  /** Settles when both ends are closed. */
  readonly done: Promise<void>

  constructor(client: Socket, server: Socket, decide: NatsRule, announced: () => object) {
    this.#client = client
    this.#server = server
    this.#decide = decide
    this.#announced = announced
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    this.done = Promise.all([this.#pass(client, server), this.#pass(server, client)]).then(() => {})
  }

  /** Name of the client, empty before it has introduced itself. */
  get client(): string {
    return this.#name
  }

  /** Breaks the connection on both sides. */
  cut(): void {
    // With a reset, as when a process dies: an orderly end would be answered.
    this.#client.resetAndDestroy()
    this.#server.resetAndDestroy()
  }

  async #pass(from: Socket, to: Socket): Promise<void> {
    const frames = new NatsFrames()
    try {
      for await (const chunk of from) {
        for (const frame of frames.push(chunk)) await this.#handle(frame, to)
      }
    } catch {
      // A connection that broke, bytes that are no NATS, or a rule that threw.
    } finally {
      // What one end wrote before it died still reaches the other.
      to.destroySoon()
      from.destroy()
    }
  }

  async #handle(frame: NatsFrame, to: Socket): Promise<void> {
    const message = messageOf(frame, this.#name, reply => this.#questions.get(reply))
    if (!message) return write(to, this.#rewritten(frame))
    if (message.direction === 'publish' && message.reply !== undefined) this.#remember(message.reply, message.subject)
    let passed = false
    const forward = async () => {
      passed = true
      await write(to, frame)
    }
    // Nothing is awaited where nothing has to be: order and speed are those of the wire.
    const decided = this.#decide(message, forward)
    const fate = decided instanceof Promise ? await decided : decided
    if (fate !== undefined || !passed) await this.#carryOut(fate ?? 'forward', frame, to)
  }

  async #carryOut(fate: NatsFate, frame: NatsFrame, to: Socket): Promise<void> {
    if (typeof fate === 'object') {
      const forward = () => void write(to, frame)
      fate.later.then(forward, forward)
      return
    }
    if (fate === 'drop') return
    if (fate === 'cut') return this.cut()
    await write(to, frame)
    if (fate === 'duplicate') await write(to, frame)
    if (fate !== 'forward-and-cut') return
    // A reset would throw away what has just been written.
    to.destroySoon()
    const other = to === this.#server ? this.#client : this.#server
    other.resetAndDestroy()
  }

  #remember(reply: string, subject: string): void {
    this.#questions.set(reply, subject)
    if (this.#questions.size <= QUESTIONS_REMEMBERED) return
    const [oldest] = this.#questions.keys()
    if (oldest !== undefined) this.#questions.delete(oldest)
  }

  /** Clients stay on this proxy: the server's own addresses are kept from them. */
  #rewritten(frame: NatsFrame): NatsFrame {
    const [text = '{}'] = frame.words
    if (frame.verb === 'CONNECT') {
      const { name = '' }: { name?: string } = JSON.parse(text)
      this.#name = name
    }
    if (frame.verb !== 'INFO') return frame
    return { ...frame, words: [JSON.stringify({ ...JSON.parse(text), ...this.#announced() })] }
  }
}

async function write(to: Socket, frame: NatsFrame): Promise<void> {
  if (to.destroyed || to.writableEnded) return
  if (!to.write(encodeFrame(frame))) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => {})
}
