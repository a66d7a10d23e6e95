import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { nonceOffBy, sequencerNonces, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { storeSlot } from './foreignSlot.ts'
import { line, logged } from './observe.ts'
import { prepareGateway, SenderBench, until } from './senderBench.ts'

const SEND = 'eth_sendRawTransaction'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** A node with the nonce rules of an Arbitrum sequencer, which has no pool. */
const sequencer = () => startRpcProxy({ target: gateway.rpcUrl, layers: [sequencerNonces({ holdMs: 300 })] })

test('F7 nonce too high: a sequencer that refuses early nonces gets all in order', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await sequencer()
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(40)]
  // The first one comes late, so that those above it are refused; others are lost, before and after they arrived.
  proxy.rules.add({ method: SEND, times: 1, action: { kind: 'delay', ms: 600 } })
  let sends = 0
  const lost = proxy.rules.add({
    method: SEND,
    action: () => {
      const turn = ++sends % 12
      if (turn === 5) return { kind: 'drop-request' }
      return turn === 9 ? { kind: 'drop-reply' } : undefined
    },
  })
  const sender = await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.ok(lost.hits > 0)
  const unclear = await logged(sender, 'sending a transaction gave no clear answer')
  assert.ok(unclear.some(({ verdict }) => verdict === 'too-high'))
})

test('F7 gap below: nonces that nobody owns below an answer are burned, lowest first, and nothing above is held up', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await sequencer()
  const [firstNonce, id] = [await bench.nonce(), await bench.requestOne()]
  await storeSlot(bench, id, 1, firstNonce + 2)
  await bench.respond([id])
  const sender = await bench.sender({ GATEWAY_URL: proxy.url })
  const [outcome] = await bench.outcomes([id])
  assert.deepEqual([outcome?.status, outcome?.nonce], ['confirmed', firstNonce + 2])
  assert.deepEqual(await bench.votes([id]), [1])
  assert.deepEqual(
    (await logged(sender, 'took a nonce that only fills a gap')).map(({ nonce }) => nonce),
    [firstNonce, firstNonce + 1],
  )
  await until('an empty ledger', async () => (await bench.ledger()).length === 0)
})

test('F7 gap below: answers that wait fill the gap, and nothing is burned', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await sequencer()
  const [firstNonce, held, ids] = [await bench.nonce(), await bench.requestOne(), await bench.request(2)]
  await storeSlot(bench, held, 1, firstNonce + 2)
  await bench.respond([held])
  await bench.respond(ids)
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.expectAllConfirmed([held, ...ids], firstNonce)
})

test('F17 endpoint down: the same bytes reach another endpoint, and everything moves there when the first is silent', async () => {
  await using bench = await SenderBench.start(gateway)
  await using one = await sequencer()
  await using two = await sequencer()
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(10)]
  const sender = await bench.sender({ GATEWAY_URL: `${one.url},${two.url}`, GATEWAY_TIMEOUT: '2s' })
  await line(sender, 'started to send answers')
  const sendless = one.rules.add({ method: SEND, action: { kind: 'drop-request' } })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.ok(sendless.hits > 0)
  one.rules.add({ action: { kind: 'drop-request' } })
  const more = await bench.request(10)
  await bench.respond(more)
  await bench.expectAllConfirmed([...ids, ...more], firstNonce)
  await line(sender, 'sends through another endpoint from now on')
})

test('F11 stale RPC: a node that lies about the count of transactions costs no answer and no second vote', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await sequencer()
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(30)]
  const lie = proxy.rules.add({
    method: 'eth_getTransactionCount',
    chance: 0.3,
    action: ({ params }) => (params[1] === 'latest' ? nonceOffBy(7) : undefined),
  })
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_OPEN_TRANSACTIONS: '8' })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.ok(lie.hits > 0)
})

test('F13 reorg after mining: a transaction whose block vanishes is sent again, and is final only when it is deep enough', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, id] = [await bench.nonce(), await bench.requestOne()]
  await bench.sender({ CONFIRMATIONS: '3' })
  await bench.respond([id])
  await until('it is mined', async () => (await bench.nonce()) > firstNonce)
  await bench.rpc('anvil_rollback', [1])
  assert.equal(await bench.nonce(), firstNonce)
  await until('it is mined again', async () => (await bench.nonce()) > firstNonce)
  assert.equal(await bench.outcome(id), undefined)
  await bench.rpc('anvil_mine', ['0x2'])
  await bench.expectAllConfirmed([id], firstNonce)
})
