import { Pool } from 'undici'
import { httpDispatch } from './httpDispatch.ts'

const HEADERS = { 'content-type': 'application/json' }
const pools = new Map<string, Pool>()
let ids = 0

/** Calls of the benchmark itself: the least there can be, without checks. @throws Error with what the node said */
export async function callRpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const [answer] = await exchange(url, [question(method, params)])
  return answer
}

/** The same method with many parameters in one exchange; answers in the order of the questions. */
export function callRpcBatch(url: string, method: string, params: readonly (readonly unknown[])[]): Promise<unknown[]> {
  return exchange(
    url,
    params.map(one => question(method, one)),
  )
}

const question = (method: string, params: readonly unknown[]) => ({ jsonrpc: '2.0', id: ++ids, method, params })

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

async function exchange(
  url: string,
  questions: readonly { readonly id: number; readonly method: string }[],
): Promise<unknown[]> {
  const pool = pools.get(url) ?? new Pool(url, { connections: 32 })
  pools.set(url, pool)
  const single = questions.length === 1
  const body = JSON.stringify(single ? questions[0] : questions)
  const reply = await httpDispatch(pool, { path: '/', method: 'POST', headers: HEADERS, body })
  // CAST: the node of the benchmark is our own anvil
  const json = JSON.parse(reply.toString()) as Answer | Answer[]
  const byId = new Map([json].flat().map(answer => [answer.id, answer]))
  return questions.map(({ id, method }) => {
    const answer = byId.get(id)
    if (!answer || answer.error) throw new Error(`${method}: ${answer?.error?.message ?? 'no answer'}`)
    return answer.result
  })
}
