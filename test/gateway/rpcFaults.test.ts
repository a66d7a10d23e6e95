import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Rpc, RpcError } from '@kms-connector/gateway'
import { ConnectorError, type ErrorCode } from '@kms-connector/protocol'
import { json, resultsOf, startScriptedNode } from './scriptedNode.ts'

const KEY = 'k3y0123456789abcdef'
const PASSWORD = 'passw0rd-of-operator'
const timeoutMs = 10_000

/** URL with a secret everywhere a provider may put one. */
const withSecrets = (url: string) => `${url.replace('://', `://user:${PASSWORD}@`)}/v3/${KEY}?apikey=${KEY}`

/** Neither message nor fields nor causes hold a secret of the URL. */
function expectFault(fault: unknown, code: ErrorCode, text: RegExp): true {
  assert.ok(fault instanceof ConnectorError, inspect(fault))
  assert.equal(fault.code, code)
  assert.match(fault.message, text)
  expectNoSecret(fault)
  return true
}

function expectNoSecret(fault: unknown): void {
  const shown = inspect(fault, { depth: null, showHidden: true })
  const basic = Buffer.from(`user:${PASSWORD}`).toString('base64')
  for (const secret of [KEY, PASSWORD, basic]) assert.equal(shown.includes(secret), false, shown)
}

interface Refusal {
  readonly reply: (response: ServerResponse, request: { readonly url?: string | undefined }) => void
  readonly text: RegExp
  readonly maxResponseBytes?: number
  readonly timeoutMs?: number
}

const big = Buffer.alloc(100_000, 'x')
const refusals: Readonly<Record<string, Refusal>> = {
  'HTML with status 200': { reply: r => r.end('<html>welcome</html>'), text: /HTTP 200, no JSON-RPC: <html>welcome/ },
  'an empty body': { reply: r => r.end(), text: /HTTP 200, no JSON-RPC/ },
  'JSON that is no JSON-RPC': { reply: r => json(r, { message: 'ok' }), text: /no JSON-RPC: \{"message":"ok"\}/ },
  'an answer to another call': { reply: r => json(r, { id: 999, result: '0x1' }), text: /does not speak of this call/ },
  'half an answer': { reply: r => r.end('{"id":1,"resu'), text: /no JSON-RPC/ },
  'too many requests, in words': {
    reply: r => r.writeHead(429).end('slow down'),
    text: /HTTP 429, no JSON-RPC: slow down/,
  },
  'a fault of the server': { reply: r => r.writeHead(500).end('oops'), text: /HTTP 500, no JSON-RPC: oops/ },
  'a result with status 500': { reply: r => json(r, { id: 1, result: '0x1' }, 500), text: /HTTP 500/ },
  'a refusal that repeats the URL': {
    reply: (r, { url }) => r.writeHead(401).end(`no access with http://h${url}`),
    text: /HTTP 401, no JSON-RPC: no access with http:\/\/h\/v3\/\[redacted\]/,
  },
  'a redirect': { reply: r => r.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(), text: /redirect/ },
  'a connection that breaks': { reply: r => r.destroy(), text: /: (ECONNRESET|UND_ERR_SOCKET): / },
  'no answer at all': { reply: () => {}, text: /no answer within 500 ms/, timeoutMs: 500 },
  'an answer that never ends': {
    reply: r => void r.writeHead(200).write('{"id":1,'),
    text: /no answer within 500 ms/,
    timeoutMs: 500,
  },
  'an oversized answer': {
    reply: r => r.end(big),
    text: /larger than 50000 bytes/,
    maxResponseBytes: 50_000,
  },
  'an oversized answer without length': {
    reply: r => {
      r.write(big)
      r.end(big)
    },
    text: /larger than 150000 bytes/,
    maxResponseBytes: 150_000,
  },
  'an answer that is small until it is unpacked': {
    reply: r => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(big)),
    text: /larger than 50000 bytes/,
    maxResponseBytes: 50_000,
  },
  'a packed answer that is damaged': {
    reply: r => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(big).subarray(0, 60)),
    text: /Z_BUF_ERROR/,
  },
}

for (const [label, { reply, text, maxResponseBytes, timeoutMs: deadline = timeoutMs }] of Object.entries(refusals)) {
  for (const batchSize of [0, 10]) {
    test(`no answer (batch size ${batchSize}): ${label}`, async () => {
      await using node = await startScriptedNode((_calls, response, request) => reply(response, request))
      const limit = maxResponseBytes === undefined ? {} : { maxResponseBytes }
      const rpc = new Rpc({ url: withSecrets(node.url), timeoutMs: deadline, batchSize, ...limit })
      await assert.rejects(rpc.raw('eth_chainId'), fault => expectFault(fault, 'RPC_UNAVAILABLE', text))
      assert.equal(node.bodies.length, 1, 'nothing is retried')
    })
  }
}

test('a packed answer is unpacked', async () => {
  await using node = await startScriptedNode(([call], response) => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: call?.id, result: `0x${'ab'.repeat(5_000)}` })
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text))
  })
  const result = await new Rpc({ url: node.url, timeoutMs }).call('eth_getCode')
  assert.equal(result, `0x${'ab'.repeat(5_000)}`)
  assert.equal(node.headers()['accept-encoding'], 'gzip')
})

test('a redirect is not followed', async () => {
  await using target = await startScriptedNode(resultsOf(() => '0x1'))
  await using node = await startScriptedNode((_calls, response) => {
    response.writeHead(307, { location: target.url }).end()
  })
  await assert.rejects(new Rpc({ url: node.url, timeoutMs }).call('eth_chainId'), { code: 'RPC_UNAVAILABLE' })
  assert.deepEqual(target.bodies, [])
})

test('nobody listens', async () => {
  const node = await startScriptedNode(() => {})
  await node[Symbol.asyncDispose]()
  const rpc = new Rpc({ url: withSecrets(node.url), timeoutMs })
  await assert.rejects(rpc.raw('eth_chainId'), fault => expectFault(fault, 'RPC_UNAVAILABLE', /ECONNREFUSED/))
  assert.equal(rpc.endpoint, node.url)
})

test('an endpoint that speaks no TLS', async () => {
  await using node = await startScriptedNode(() => {})
  const rpc = new Rpc({ url: withSecrets(node.url.replace('http:', 'https:')), timeoutMs })
  await assert.rejects(rpc.raw('eth_chainId'), fault => expectFault(fault, 'RPC_UNAVAILABLE', /SSL|wrong version/i))
})

for (const status of [200, 400, 429, 500]) {
  test(`a node's own refusal is told apart from silence, with HTTP status ${status}`, async () => {
    await using node = await startScriptedNode(([call], response, { url }) => {
      const error = { code: -32005, message: `limit of ${url} exceeded`, data: { data: '0xABCD' } }
      json(response, { jsonrpc: '2.0', id: call?.id, error }, status)
    })
    const rpc = new Rpc({ url: withSecrets(node.url), timeoutMs })
    await assert.rejects(rpc.raw('eth_getLogs'), (fault: unknown) => {
      assert.ok(fault instanceof RpcError)
      assert.deepEqual([fault.method, fault.code, fault.data], ['eth_getLogs', -32005, '0xabcd'])
      assert.match(fault.text, /^limit of .* exceeded$/)
      expectNoSecret(fault)
      return true
    })
    await assert.rejects(rpc.call('eth_getLogs'), fault => expectFault(fault, 'RPC_REJECTED', /limit of .* exceeded/))
  })
}

test('an answer of the wrong form does not repeat a secret that it holds', async () => {
  await using node = await startScriptedNode(resultsOf(() => ({ url: `https://h/v3/${KEY}` })))
  const rpc = new Rpc({ url: withSecrets(node.url), timeoutMs })
  await assert.rejects(rpc.quantity('eth_chainId'), fault => expectFault(fault, 'RPC_REJECTED', /\[redacted\]/))
})

for (const result of ['', '0x', '1', 1, null, true, [], {}, '0xg', `0x${'f'.repeat(65)}`]) {
  test(`no quantity: ${JSON.stringify(result).slice(0, 20)}`, async () => {
    await using node = await startScriptedNode(resultsOf(() => result))
    const rpc = new Rpc({ url: node.url, timeoutMs })
    await assert.rejects(rpc.quantity('eth_chainId'), { code: 'RPC_REJECTED' })
  })
}

test('user name and password of the URL arrive as basic authorization', async () => {
  await using node = await startScriptedNode(resultsOf(() => '0x10'))
  const rpc = new Rpc({ url: withSecrets(node.url), timeoutMs })
  assert.equal(await rpc.quantity('eth_chainId'), 16n)
  assert.equal(node.headers()['authorization'], `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`)
})
