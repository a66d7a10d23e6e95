import { setTimeout as sleep } from 'node:timers/promises'

/** One JSON-RPC call to a development chain. @throws Error with the words of the chain */
export async function chainCall(rpcUrl: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(20_000),
  })
  const { result, error } = (await answer.json()) as { result?: unknown; error?: { message: string } } // CAST: JSON-RPC
  if (error) throw new Error(`${method}: ${error.message}`)
  return result
}

/** Makes the blocks of a chain that makes none by itself, so that something can happen between two blocks and nothing with it. */
export class Miner {
  readonly #rpcUrl: string
  readonly #everyMs: number
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #turn: Promise<unknown> = Promise.resolve()
  #pauses = 0

  constructor(rpcUrl: string, everyMs: number) {
    this.#rpcUrl = rpcUrl
    this.#everyMs = everyMs
    this.#running = this.#run()
  }

  /** Runs work while no block is made. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work)
    this.#turn = mine.catch(() => {})
    return mine
  }

  /** @returns what lets the chain go on; it stands as long as anybody wants it to */
  pause(): () => void {
    this.#pauses++
    return () => {
      this.#pauses--
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await sleep(this.#everyMs, undefined, { signal }).catch(() => {})
      if (this.#pauses > 0 || signal.aborted) continue
      // A chain that is busy misses a beat.
      await this.alone(() => chainCall(this.#rpcUrl, 'evm_mine')).catch(() => {})
    }
  }
}
