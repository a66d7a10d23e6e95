import { withDeadline } from '@kms-connector/service-kit'
import type { RpcAnswer, RpcCall } from './rpcAction.ts'
import type { NodeLayer, ProxyState } from './rpcProxy.ts'

/** An HTTP answer. */
export interface Exchanged {
  readonly status: number
  readonly body: string
}

export type Forwarded =
  | { readonly kind: 'answered'; readonly answers: readonly unknown[] }
  /** The node refused the exchange as a whole. */
  | { readonly kind: 'refused'; readonly reply: Exchanged }

const NODE_TIMEOUT_MS = 60_000

/** An answer with status 200. */
export function restOf(body: unknown): Exchanged {
  return { status: 200, body: JSON.stringify(body) }
}

/** Asks the node about one call, through its layers. */
export function askNode(state: ProxyState, call: RpcCall): Promise<RpcAnswer> {
  return through(state.layers, state, call)
}

/** Hands calls on as they came: in one exchange where no layer wants to see each. */
export async function forwardAll(state: ProxyState, calls: readonly RpcCall[], batch: boolean): Promise<Forwarded> {
  if (calls.length === 0) return { kind: 'answered', answers: [] }
  if (state.layers.length > 0) {
    const answers = await Promise.all(
      calls.map(async call => ({ jsonrpc: '2.0', id: call.id, ...(await askNode(state, call)) })),
    )
    return { kind: 'answered', answers }
  }
  const bodies = calls.map(call => ({ jsonrpc: '2.0', ...call }))
  const reply = await post(state, batch ? bodies : bodies[0])
  if (reply.status !== 200) return { kind: 'refused', reply }
  const parsed: unknown = JSON.parse(reply.body)
  // A node that refuses a batch answers with one object.
  if (batch && !Array.isArray(parsed)) return { kind: 'refused', reply }
  return { kind: 'answered', answers: Array.isArray(parsed) ? parsed : [parsed] }
}

function through(layers: readonly NodeLayer[], state: ProxyState, call: RpcCall): Promise<RpcAnswer> {
  const [outermost, ...inner] = layers
  if (!outermost) return askTarget(state, call)
  return outermost(call, instead => through(inner, state, instead ? { ...call, ...instead } : call))
}

async function askTarget(state: ProxyState, { method, params }: RpcCall): Promise<RpcAnswer> {
  const { body } = await post(state, { jsonrpc: '2.0', id: 1, method, params })
  const { result, error } = JSON.parse(body) as RpcAnswer // CAST: the target is a JSON-RPC node
  return error === undefined ? { result } : { error }
}

async function post({ target, stopping }: ProxyState, body: unknown): Promise<Exchanged> {
  const exchange = async (signal: AbortSignal) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(body), signal })
    return { status: answer.status, body: await answer.text() }
  }
  return withDeadline(NODE_TIMEOUT_MS, () => new Error('the node did not answer'), exchange, stopping)
}
