import { once } from 'node:events'

/** When a block was there and when a transaction was given to the chain, by the clock of this machine. */
export interface ChainWatch {
  /** Milliseconds since the epoch by block number. */
  readonly blocks: ReadonlyMap<number, number>
  /** Milliseconds since the epoch by transaction hash. */
  readonly submitted: ReadonlyMap<string, number>
  stop(): void
}

/** The first question subscribes to blocks, the second to transactions; the answers name the subscriptions. */
const SUBJECTS = ['newHeads', 'newPendingTransactions'] as const

interface Notice {
  readonly id?: number
  readonly result?: string
  readonly params?: { readonly subscription: string; readonly result: string | { readonly number: string } }
}

/**
 * Observes a chain through its WebSocket, independent of whoever uses it.
 * @throws Event when the connection cannot be made
 */
export async function watchChain(wsUrl: string): Promise<ChainWatch> {
  const blocks = new Map<number, number>()
  const submitted = new Map<string, number>()
  const subscriptions = new Map<string, string>()
  const socket = new WebSocket(wsUrl)
  const subscribed = Promise.withResolvers<void>()
  socket.addEventListener('message', ({ data }) => {
    const at = Date.now()
    const { id, result, params } = JSON.parse(String(data)) as Notice // CAST: our own anvil
    if (id !== undefined) {
      subscriptions.set(String(result), SUBJECTS[id] ?? '')
      if (subscriptions.size === SUBJECTS.length) subscribed.resolve()
    } else if (params && typeof params.result === 'object') {
      blocks.set(Number(params.result.number), at)
    } else if (params && typeof params.result === 'string') {
      submitted.set(params.result, at)
    }
  })
  await once(socket, 'open')
  for (const [id, subject] of SUBJECTS.entries())
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_subscribe', params: [subject] }))
  await subscribed.promise
  return { blocks, submitted, stop: () => socket.close() }
}
