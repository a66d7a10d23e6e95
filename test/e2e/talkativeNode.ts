import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy in front of a node that asks for a key, and whose failures repeat everything it was sent. */
export interface TalkativeNode extends AsyncDisposable {
  /** URL with the given credentials. */
  url(userInfo: string, path: string, query: string): string
  /** Where answers come from. */
  target: string
  /** Failures so far. */
  readonly failures: number
}

/** Every eleventh exchange fails in one of three ways. */
const EVERY = 11

export async function startTalkativeNode(): Promise<TalkativeNode> {
  const node = { target: '', failures: 0 }
  let exchanges = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // CAST: requests are read as bytes
    const body = Buffer.concat(chunks).toString()
    const said = `no ${request.url} for ${request.headers.authorization}: http://${request.headers.host}${request.url}`
    if (++exchanges % EVERY === 0) {
      const kind = ++node.failures % 3
      if (kind === 0) return void response.writeHead(403).end(said)
      if (kind === 1) return void request.socket.destroy()
      const error = { code: -32_005, message: said, data: said }
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }))
    }
    try {
      const answer = await fetch(node.target, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // CAST: it listens on TCP
  return Object.assign(node, {
    url: (userInfo: string, path: string, query: string) => `http://${userInfo}@127.0.0.1:${port}/${path}?${query}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}
