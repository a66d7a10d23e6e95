import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, test } from 'node:test'
import { listenOnLoopback } from '../../apps/devnet/src/faults/loopback.ts'
import type { RpcAction } from '../../apps/devnet/src/faults/rpcAction.ts'
import { type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/rpcProxy.ts'

interface Wire {
  readonly id: number
  readonly method: string
}

/** A node that answers every call with its method, and remembers what it heard. */
let node: Server
let heard: string[] = []
let proxy: RpcProxy

before(async () => {
  node = createServer((request, response) => {
    void text(request).then(body => {
      const calls = JSON.parse(body) as Wire | Wire[] // CAST: the proxy sent it
      const list = Array.isArray(calls) ? calls : [calls]
      heard.push(...list.map(call => call.method))
      const answers = list.map(({ id, method }) =>
        method === 'bad'
          ? { jsonrpc: '2.0', id, error: { code: -32000, message: 'no' } }
          : { jsonrpc: '2.0', id, result: method },
      )
      response.end(JSON.stringify(Array.isArray(calls) ? answers : answers[0]))
    })
  })
  proxy = await startRpcProxy({ target: `http://127.0.0.1:${await listenOnLoopback(node)}` })
})
after(async () => {
  await proxy.stop()
  node.close()
})
afterEach(() => {
  proxy.rules.clear()
  proxy.layers = []
  heard = []
})

async function send(methods: string | readonly string[], signal?: AbortSignal) {
  const body = typeof methods === 'string' ? wire(methods, 0) : methods.map(wire)
  const options = { method: 'POST', body: JSON.stringify(body), ...(signal ? { signal } : {}) }
  const answer = await fetch(proxy.url, options)
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

function wire(method: string, at: number) {
  return { jsonrpc: '2.0', id: at + 1, method, params: [] }
}

async function parsed(methods: string | readonly string[]): Promise<unknown> {
  return JSON.parse((await send(methods)).text)
}

const answer = (id: number, method: string) => ({ jsonrpc: '2.0', id, result: method })

test('without rules single calls and batches pass as they are', async () => {
  assert.deepEqual(await parsed('a'), answer(1, 'a'))
  assert.deepEqual(await parsed(['a', 'b']), [answer(1, 'a'), answer(2, 'b')])
  assert.deepEqual(
    proxy.exchanges.at(-1)?.map(call => call.method),
    ['a', 'b'],
  )
})

/** Actions about one call `b`, what becomes of the batch [a, b, c], and what the node hears. */
const ABOUT_A_CALL: readonly (readonly [string, RpcAction, unknown, readonly string[]])[] = [
  [
    'an error takes the place of an answer',
    { kind: 'error', code: 3, message: 'reverted', data: '0x' },
    [answer(1, 'a'), { jsonrpc: '2.0', id: 2, error: { code: 3, message: 'reverted', data: '0x' } }, answer(3, 'c')],
    ['a', 'c'],
  ],
  [
    'a result takes the place of an answer',
    { kind: 'result', result: null },
    [answer(1, 'a'), { ...answer(2, ''), result: null }, answer(3, 'c')],
    ['a', 'c'],
  ],
  [
    'an answer is corrupted',
    { kind: 'edit', edit: result => `${result}!` },
    [answer(1, 'a'), answer(2, 'b!'), answer(3, 'c')],
    ['a', 'b', 'c'],
  ],
  [
    'a call is duplicated',
    { kind: 'duplicate', times: 2 },
    [answer(1, 'a'), answer(2, 'b'), answer(3, 'c')],
    ['a', 'b', 'b', 'b', 'c'],
  ],
  ['an answer is left out', { kind: 'omit' }, [answer(1, 'a'), answer(3, 'c')], ['a', 'b', 'c']],
  ['the answers are reordered', { kind: 'reorder' }, [answer(3, 'c'), answer(2, 'b'), answer(1, 'a')], ['a', 'b', 'c']],
  [
    'a script asks something else',
    { kind: 'script', answer: ask => ask({ method: 'other', params: [] }) },
    [answer(1, 'a'), answer(2, 'other'), answer(3, 'c')],
    ['a', 'c', 'other'],
  ],
]
for (const [title, action, expected, calls] of ABOUT_A_CALL) {
  test(`in a batch ${title}`, async () => {
    proxy.rules.add({ method: 'b', action })
    assert.deepEqual(await parsed(['a', 'b', 'c']), expected)
    assert.deepEqual([...heard].sort(), [...calls].sort())
  })
}

test('an error of the node is no result to corrupt', async () => {
  proxy.rules.add({ action: { kind: 'edit', edit: () => 'wrong' } })
  assert.deepEqual(await parsed('bad'), { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'no' } })
})

/** Actions that break the exchange of [a, b], and whether the node hears of it. */
const BREAKING: readonly (readonly [RpcAction, boolean])[] = [
  [{ kind: 'drop-request' }, false],
  [{ kind: 'drop-reply' }, true],
  [{ kind: 'cut-reply' }, true],
]
for (const [action, arrives] of BREAKING) {
  test(`${action.kind} breaks the connection, and the node ${arrives ? 'heard' : 'never hears'} of the call`, async () => {
    proxy.rules.add({ method: 'b', times: 1, action })
    await assert.rejects(send(['a', 'b']))
    assert.deepEqual(heard, arrives ? ['a', 'b'] : [])
    assert.deepEqual(await parsed('b'), answer(1, 'b'))
  })
}

test('silence holds the connection until the caller gives up, and the node never hears of the call', async () => {
  proxy.rules.add({ method: 'a', action: { kind: 'silence' } })
  await assert.rejects(send('a', AbortSignal.timeout(80)), { name: 'TimeoutError' })
  assert.deepEqual(heard, [])
})

test('statuses of a balancer carry a body and a time to wait', async () => {
  proxy.rules.add({ action: { kind: 'http', status: 429, body: 'slow down', retryAfterSeconds: 2 } })
  const reply = await send('a')
  assert.deepEqual([reply.status, reply.text, reply.headers.get('retry-after')], [429, 'slow down', '2'])
  assert.deepEqual(heard, [])
})

test('garbage comes with status 200', async () => {
  proxy.rules.add({ action: { kind: 'garbage' } })
  const reply = await send('a')
  assert.equal(reply.status, 200)
  assert.throws(() => JSON.parse(reply.text))
})

test('delays add up and the answer is right all the same', async () => {
  proxy.rules.add({ action: { kind: 'delay', ms: 40 } })
  proxy.rules.add({ method: 'a', action: { kind: 'delay', ms: 40 } })
  const from = performance.now()
  assert.deepEqual(await parsed(['a', 'b']), [answer(1, 'a'), answer(2, 'b')])
  assert.ok(performance.now() - from >= 79)
})

test('a hook sees every call of a batch and decides about each', async () => {
  const seen: string[] = []
  proxy.rules.add({
    action: ({ method }) => {
      seen.push(method)
      return method === 'b' ? { kind: 'omit' } : undefined
    },
  })
  assert.deepEqual(await parsed(['a', 'b']), [answer(1, 'a')])
  assert.deepEqual(seen, ['a', 'b'])
})

test('layers answer for the node, the outermost first, and a fault of the wire meets the node with its layers', async () => {
  proxy.layers = [
    async (_, ask) => ({ result: `outer(${(await ask()).result})` }),
    async (_, ask) => ({ result: `inner(${(await ask()).result})` }),
  ]
  assert.deepEqual(await parsed(['a', 'b']), [answer(1, 'outer(inner(a))'), answer(2, 'outer(inner(b))')])
  proxy.rules.add({ method: 'a', action: { kind: 'edit', edit: result => `${result}!` } })
  assert.deepEqual(await parsed('a'), answer(1, 'outer(inner(a))!'))
})

test('a body that is no JSON, and a node that is gone, are broken connections', async () => {
  await assert.rejects(fetch(proxy.url, { method: 'POST', body: 'no json' }))
  await using orphan = await startRpcProxy({ target: 'http://127.0.0.1:1' })
  await assert.rejects(fetch(orphan.url, { method: 'POST', body: JSON.stringify(wire('a', 0)) }))
})

test('more exchanges at once than allowed are turned away, and stopping ends those that hang', async () => {
  const small = await startRpcProxy({ target: proxy.url, maxExchanges: 1 })
  small.rules.add({ method: 'hang', action: { kind: 'silence' } })
  const hanging = fetch(small.url, { method: 'POST', body: JSON.stringify(wire('hang', 0)) }).catch(() => 'broken')
  while (small.exchanges.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  const excess = await fetch(small.url, { method: 'POST', body: JSON.stringify(wire('a', 0)) })
  assert.equal(excess.status, 503)
  await excess.body?.cancel()
  await small.stop()
  assert.equal(await hanging, 'broken')
})
