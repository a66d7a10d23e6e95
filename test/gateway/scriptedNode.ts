import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One call as it arrived. */
export interface ReceivedCall {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

export interface ScriptedNode extends AsyncDisposable {
  readonly url: string
  /** Parsed bodies of all exchanges so far, each with its calls. */
  readonly bodies: readonly (readonly ReceivedCall[])[]
  /** Headers of the last exchange. */
  readonly headers: () => IncomingMessage['headers']
}

/** Answers one exchange in whatever way the test wants. */
export type Script = (calls: readonly ReceivedCall[], response: ServerResponse, request: IncomingMessage) => unknown

/** An HTTP server on loopback that answers JSON-RPC as the script says. */
export async function startScriptedNode(script: Script): Promise<ScriptedNode> {
  const bodies: (readonly ReceivedCall[])[] = []
  let headers: IncomingMessage['headers'] = {}
  const server = createServer((request, response) => {
    headers = request.headers
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || '[]')
      const calls = (Array.isArray(body) ? body : [body]) as readonly ReceivedCall[] // CAST: our own client sent it
      bodies.push(calls)
      script(calls, response, request)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // CAST: it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    headers: () => headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

/** Sends JSON with a status. */
export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Answers every call with a result, in a batch where a batch was sent. */
export function resultsOf(result: (call: ReceivedCall) => unknown): Script {
  return (calls, response) => {
    const items = calls.map(call => ({ jsonrpc: '2.0', id: call.id, result: result(call) }))
    json(response, items.length === 1 ? items[0] : items)
  }
}
