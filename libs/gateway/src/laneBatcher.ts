import { CallBatcher, type Exchange } from './callBatcher.ts'
import { ExchangeFault } from './exchangeFault.ts'
import type { CallAnswer } from './jsonRpc.ts'

/** An endpoint that took no batch is not tried with one again for this long, milliseconds. */
const REFUSED_FOR_MS = 600_000

/**
 * Batches of one method each: calls of different methods do not wait for each other. Nodes carry out a batch one call after
 * the other, so how many calls may travel together is a matter of the method. An endpoint that refuses a batch of a method
 * as a whole is given single calls of it for a while.
 */
export class LaneBatcher {
  readonly #exchange: Exchange
  readonly #sizeOf: (method: string) => number
  readonly #lanes = new Map<string, CallBatcher>()

  /** @param sizeOf most calls of a method in one exchange */
  constructor(exchange: Exchange, sizeOf: (method: string) => number) {
    this.#exchange = exchange
    this.#sizeOf = sizeOf
  }

  /** @throws whatever the exchange throws */
  call(method: string, params: readonly unknown[]): Promise<CallAnswer> {
    let lane = this.#lanes.get(method)
    if (lane === undefined) {
      lane = this.#newLane(this.#sizeOf(method))
      this.#lanes.set(method, lane)
    }
    return lane.call(method, params)
  }

  #newLane(size: number): CallBatcher {
    let singleUntil = 0
    const noteRefusal = (calls: number) => {
      if (calls > 1) singleUntil = performance.now() + REFUSED_FOR_MS
    }
    const exchange: Exchange = async (body, ids) => {
      try {
        const answers = await this.#exchange(body, ids)
        if (isOneRefusal(answers)) noteRefusal(ids.length)
        return answers
      } catch (fault) {
        if (isTooMuch(fault)) noteRefusal(ids.length)
        throw fault
      }
    }
    return new CallBatcher(exchange, () => (performance.now() < singleUntil ? 1 : size))
  }
}

/** Proxies refuse what they do not take with a status of their own. */
function isTooMuch(fault: unknown): boolean {
  return fault instanceof ExchangeFault && (fault.status === 400 || fault.status === 413)
}

/** One error for all calls of an exchange is one and the same object. */
function isOneRefusal(answers: readonly CallAnswer[]): boolean {
  const [first] = answers
  return first?.kind === 'error' && answers.every(answer => answer === first)
}
