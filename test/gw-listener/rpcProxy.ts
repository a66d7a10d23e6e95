import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One JSON-RPC call as it came. */
export interface ProxiedCall {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

/** What becomes of a call instead of its answer; undefined lets the answer through. */
export type ProxyFault =
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'http'; readonly status: number; readonly body: string }
  /** Never answered. */
  | { readonly kind: 'silence' }

export interface ProxyRules {
  /** Asked before the node is. */
  readonly before?: (call: ProxiedCall) => ProxyFault | undefined
  /** Changes the result of the node. */
  readonly edit?: (call: ProxiedCall, result: unknown) => unknown
}

export interface RpcProxy {
  readonly url: string
  /** Changed at any time. */
  rules: ProxyRules
  /** Calls of every HTTP exchange so far. */
  readonly exchanges: (readonly ProxiedCall[])[]
  /** Most exchanges that were under way at once. */
  readonly peak: number
  stop(): Promise<void>
}

interface Answer {
  readonly id: number
  readonly result?: unknown
}

/** An HTTP server between a service and its node that makes the node lie, stall or break. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const proxy: Pick<RpcProxy, 'rules' | 'exchanges'> = { rules: {}, exchanges: [] }
  let underWay = 0
  let peak = 0
  const server = createServer((request, response) => {
    peak = Math.max(peak, ++underWay)
    response.once('close', () => underWay--)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      answer(target, proxy, Buffer.concat(chunks).toString(), response).catch(() => response.destroy())
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // CAST: it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges: proxy.exchanges,
    get rules() {
      return proxy.rules
    },
    set rules(rules) {
      proxy.rules = rules
    },
    get peak() {
      return peak
    },
    stop: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(target: string, proxy: Pick<RpcProxy, 'rules' | 'exchanges'>, text: string, to: ServerResponse) {
  const body = JSON.parse(text) as ProxiedCall | ProxiedCall[] // CAST: our own client sent it
  const calls = Array.isArray(body) ? body : [body]
  proxy.exchanges.push(calls)
  const { before, edit } = proxy.rules
  const faults = new Map(calls.map(call => [call.id, before?.(call)] as const))
  const whole = [...faults.values()].find(fault => fault?.kind === 'http' || fault?.kind === 'silence')
  if (whole?.kind === 'silence') return
  if (whole?.kind === 'http') {
    to.writeHead(whole.status, { 'content-type': 'text/html' }).end(whole.body)
    return
  }
  const upstream = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })
  const json = (await upstream.json()) as Answer | Answer[] // CAST: a node answers with JSON-RPC
  const change = (one: Answer) => changed(one, calls, faults, edit)
  to.writeHead(upstream.status, { 'content-type': 'application/json' })
  to.end(JSON.stringify(Array.isArray(json) ? json.map(change) : change(json)))
}

function changed(
  one: Answer,
  calls: readonly ProxiedCall[],
  faults: ReadonlyMap<number, ProxyFault | undefined>,
  edit: ProxyRules['edit'],
): unknown {
  const fault = faults.get(one.id)
  if (fault?.kind === 'error')
    return { jsonrpc: '2.0', id: one.id, error: { code: fault.code, message: fault.message } }
  if (fault?.kind === 'result') return { jsonrpc: '2.0', id: one.id, result: fault.result }
  const call = calls.find(({ id }) => id === one.id)
  return call && edit && 'result' in one ? { ...one, result: edit(call, one.result) } : one
}
