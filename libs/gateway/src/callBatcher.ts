import { bodyOf, type CallAnswer, callText } from './jsonRpc.ts'

interface Waiting {
  readonly id: number
  readonly text: string
  readonly resolve: (answer: CallAnswer) => void
  readonly reject: (fault: unknown) => void
}

/** Sends a body and returns one answer per id, in order. */
export type Exchange = (body: string, ids: readonly number[]) => Promise<readonly CallAnswer[]>

/** Nodes refuse bodies of a few megabytes; a call that is larger than this travels by itself. In characters. */
const LARGEST_BODY = 1 << 20

/** Collects the calls of one turn of the event loop, so that they travel together, in the order in which they were made. */
export class CallBatcher {
  readonly #exchange: Exchange
  readonly #size: () => number
  #waiting: Waiting[] = []
  /** Characters of what waits. */
  #length = 0
  #lastId = 0

  /** @param size most calls in one exchange at the moment; less than 2 sends every call by itself, at once */
  constructor(exchange: Exchange, size: () => number) {
    this.#exchange = exchange
    this.#size = size
  }

  /** @throws whatever the exchange throws */
  call(method: string, params: readonly unknown[]): Promise<CallAnswer> {
    this.#lastId++
    const id = this.#lastId
    const text = callText(id, method, params)
    if (this.#length + text.length > LARGEST_BODY) this.#flush()
    const { promise, resolve, reject } = Promise.withResolvers<CallAnswer>()
    this.#waiting.push({ id, text, resolve, reject })
    this.#length += text.length
    if (this.#waiting.length >= this.#size()) this.#flush()
    else if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    return promise
  }

  #flush(): void {
    const calls = this.#waiting
    this.#waiting = []
    this.#length = 0
    if (calls.length > 0) void this.#send(calls)
  }

  /** Never throws: every call gets its answer or the fault of the exchange. */
  async #send(calls: readonly Waiting[]): Promise<void> {
    try {
      const ids = calls.map(c => c.id)
      const answers = await this.#exchange(bodyOf(calls.map(c => c.text)), ids)
      for (const [index, call] of calls.entries()) call.resolve(answers[index] ?? { kind: 'missing' })
    } catch (fault) {
      for (const call of calls) call.reject(fault)
    }
  }
}
