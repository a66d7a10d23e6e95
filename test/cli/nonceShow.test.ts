import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { BODY_VERSION, encodeBody } from '@kms-connector/protocol'
import { bucketStream, KeyValue, SENDER_BUCKET, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { type Anvil, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { type NodeLayer, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { freshId, TABLE } from '../request-status/pipeline.ts'
import { type PipelineBroker, startPipelineBroker } from '../request-status/pipelineBroker.ts'
import { runCli } from './runCli.ts'

const OPERATION = TABLE.named('public-decryption')
const CHAIN_ID = 54_321
const WALLET = `0x${'77'.repeat(20)}`

let bench: PipelineBroker
let chain: Anvil
before(async () => {
  ;[bench, chain] = await Promise.all([startPipelineBroker(), startAnvil({ chainId: CHAIN_ID })])
})
afterEach(async () => {
  await bench.broker.manager.streams.purge(bucketStream(TX_SLOTS_BUCKET))
  await bench.broker.manager.streams.purge(bucketStream(SENDER_BUCKET))
})
after(async () => {
  await Promise.all([bench.stop(), chain.stop()])
})

const openSlot = (nonce: number) => bench.pipeline.openSlot(OPERATION, freshId(OPERATION), nonce)

interface Meanwhile {
  /** Happens before a count is read, so that the answer knows of it. */
  readonly first?: () => Promise<void>
  /** Happens after a count was read, so that the answer is older. */
  readonly behind?: () => Promise<void>
}

/** A node that tells these counts of the wallet, while something happens. */
function counting(counts: Readonly<Record<string, number>>, { first, behind }: Meanwhile = {}): NodeLayer {
  return async (call, ask) => {
    if (call.method !== 'eth_getTransactionCount') return ask()
    await first?.()
    const count = counts[String(call.params[1])] ?? 0
    await behind?.()
    return { result: `0x${count.toString(16)}` }
  }
}

/** Makes something happen once, however often it is asked for. */
function once(happen: () => Promise<void>): () => Promise<void> {
  let happening: Promise<void> | undefined
  return () => {
    happening ??= happen()
    return happening
  }
}

async function run(layer: NodeLayer, ...argv: readonly string[]) {
  await using proxy = await startRpcProxy({ target: chain.rpcUrl, layers: [layer] })
  const { code, out, err } = await runCli([...argv, '--json'], {
    KMS_CONNECTOR_NATS_URL: bench.server.url,
    KMS_CONNECTOR_GATEWAY_URL: proxy.url,
    KMS_CONNECTOR_GATEWAY_CHAIN_ID: String(CHAIN_ID),
    KMS_CONNECTOR_WALLET_ADDRESS: WALLET,
  })
  assert.notEqual(out, '', err)
  return { code, answer: JSON.parse(out) }
}

async function walletNonce(layer: NodeLayer) {
  const { answer } = await run(layer, 'doctor')
  return answer.checks.find((check: { readonly id: string }) => check.id === 'wallet.nonce')
}

const adopt = (below: number) =>
  new KeyValue(bench.broker, SENDER_BUCKET).create('nonce_floor', encodeBody({ v: BODY_VERSION, below }))

test('a nonce below a slot that nobody owns is a gap', async () => {
  await openSlot(7)
  const { code, answer } = await run(counting({ latest: 5, pending: 5 }), 'nonce', 'show')
  assert.deepEqual([code, answer.gaps], [2, [5, 6]])
})

test('nonces that were left to others are no gaps, and doctor does not take them for foreign', async () => {
  await adopt(10)
  await openSlot(10)
  const node = counting({ latest: 5, pending: 11 })
  const { code, answer } = await run(node, 'nonce', 'show')
  assert.deepEqual([code, answer.gaps, answer.adoptedFloor], [0, [], 10])
  assert.equal((await walletNonce(node)).status, 'ok')
  assert.equal((await walletNonce(counting({ latest: 5, pending: 12 }))).status, 'fail')
})

test('a slot that is settled and swept while the command looks is no gap', async () => {
  for (const nonce of [5, 6]) await openSlot(nonce)
  const counts = { latest: 5, pending: 7 }
  const settle = once(async () => {
    const ledger = new KeyValue(bench.broker, TX_SLOTS_BUCKET)
    const slot = await ledger.get('slot.5')
    assert.ok(slot)
    await ledger.delete('slot.5', slot.revision)
  })
  const { code, answer } = await run(counting(counts, { behind: settle }), 'nonce', 'show')
  assert.deepEqual([code, answer.gaps], [0, []])
})

test('a slot that is stored and sent while doctor looks is not foreign', async () => {
  await openSlot(5)
  const counts = { latest: 5, pending: 6 }
  const send = once(async () => {
    // Long enough for whoever reads the ledger at the same time to be done with it.
    await pause(500)
    await openSlot(6)
    counts.pending = 7
  })
  assert.equal((await walletNonce(counting(counts, { first: send }))).status, 'ok')
})
