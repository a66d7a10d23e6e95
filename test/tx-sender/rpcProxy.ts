import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export interface RpcCall {
  readonly method: string
  readonly params: readonly unknown[]
}

export interface RpcReply {
  readonly result?: unknown
  readonly broken?: true
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** The connection breaks and the caller gets no answer. */
export const NO_REPLY: RpcReply = { broken: true }

/**
 * Decides about one call.
 * @param forward asks the chain
 * @returns what the caller gets; undefined: whatever the chain says
 */
export type RpcRule = (
  call: RpcCall,
  forward: () => Promise<RpcReply>,
) => Promise<RpcReply | undefined> | RpcReply | undefined

/** A JSON-RPC endpoint between a sender and its chain that can misbehave in every way a node can. */
export class RpcProxy implements AsyncDisposable {
  /** What happens to calls; replace it at any time. */
  rule: RpcRule = () => undefined
  readonly url: string
  readonly #close: () => Promise<void>

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.#close = close
  }

  static async start(chainUrl: string): Promise<RpcProxy> {
    const started: { proxy?: RpcProxy } = {}
    const server = createServer((request, response) => {
      const rule = started.proxy?.rule ?? (() => undefined)
      void serve(chainUrl, rule, request, response).catch(() => response.destroy())
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    started.proxy = new RpcProxy(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    })
    return started.proxy
  }

  /** The rule applies to the first call of this method alone. */
  once(method: string, rule: RpcRule): Promise<void> {
    return new Promise(resolve => {
      this.rule = (call, forward) => {
        if (call.method !== method) return undefined
        this.rule = () => undefined
        resolve()
        return rule(call, forward)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

async function serve(
  chainUrl: string,
  rule: RpcRule,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  // CAST: the sender asks one question a time, and what it writes is under test elsewhere
  const { id, method, params } = JSON.parse(body) as RpcCall & { readonly id: number }
  let asked: Promise<RpcReply> | undefined
  const forward = () => {
    asked ??= ask(chainUrl, body)
    return asked
  }
  const reply = (await rule({ method, params }, forward)) ?? (await forward())
  if (reply.broken) {
    response.destroy()
    return
  }
  const { result, error } = reply
  const answer = error === undefined ? { result } : { error }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
}

async function ask(chainUrl: string, body: string): Promise<RpcReply> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(chainUrl, { method: 'POST', headers, body })
  return (await answer.json()) as RpcReply // CAST: the chain speaks JSON-RPC
}

/** An error as nodes send it. */
export function refusal(message: string, code = -32000): RpcReply {
  return { error: { code, message } }
}
