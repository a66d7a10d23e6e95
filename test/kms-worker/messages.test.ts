import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { encodeRequest, type Hex, hexOf, type Request } from '@kms-connector/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { type RunningCore, startCore } from '../../apps/devnet/src/core/index.ts'
import { idOf, logOf, openBench, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

const ask = async (): Promise<Request> => world.publicRequest([await world.ciphertext()])

test('messages that are no request are kept as dead letters, whole, and hold nothing', async t => {
  const bench = await openBench(t, world)
  const request = await ask()
  const json = JSON.parse(Buffer.from(encodeRequest(request)).toString())
  const body = (change: object) => Buffer.from(JSON.stringify({ ...json, ...change }))
  const material = { ...json.payload.materials[0], ctHandle: `0x${'11'.repeat(30)}ff00` }
  const bodies: readonly [string, Uint8Array, string][] = [
    ['no JSON', Buffer.from([0xff, 0x00, 0x7b]), 'MESSAGE_MALFORMED'],
    ['no version', Buffer.from('{}'), 'MESSAGE_MALFORMED'],
    ['a newer version', body({ v: 2 }), 'MESSAGE_VERSION_UNKNOWN'],
    ['an unknown operation', body({ operation: 'nonsense' }), 'MESSAGE_MALFORMED'],
    ['another operation', body({ operation: 'user-decryption' }), 'MESSAGE_MALFORMED'],
    ['another id', encodeRequest(request), 'MESSAGE_MALFORMED'],
    ['a broken payload', body({ payload: { materials: [] } }), 'MESSAGE_MALFORMED'],
  ]
  for (const [index, [, bytes]] of bodies.entries())
    await bench.publishRaw('public-decryption', idOf(1, 900 + index), bytes)
  const malformed = { ...json, id: idOf(1, 950), payload: { ...json.payload, materials: [material] } }
  await bench.publishRaw('public-decryption', idOf(1, 950), Buffer.from(JSON.stringify(malformed)))
  await bench.publish(request)
  await bench.worker()
  await bench.answered(request)
  for (const [index, [label, bytes, code]] of bodies.entries()) {
    const letter = await bench.buried(idOf(1, 900 + index))
    assert.deepEqual([letter.code, letter.source?.attempts], [code, 1], label)
    assert.deepEqual(Buffer.from(letter.body), Buffer.from(bytes), label)
  }
  assert.equal((await bench.buried(idOf(1, 950))).code, 'HANDLE_MALFORMED')
})

const NEW_KEY = hexOf(Buffer.alloc(32, 7))

/** Stops the Core of a bench and starts one with another key in its place. */
async function changeKey(t: TestContext, core: RunningCore, signingKey = world.coreOptions.signingKey) {
  await core.stop()
  const changed = await startCore({ ...world.coreOptions, signingKey, port: Number(new URL(core.url).port) })
  t.after(() => changed.stop())
  return changed
}

const addressOf = (key: Hex) => privateKeyToAccount(key).address

test('answers by a signer that the chain learns of later are kept back until then', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker({ SIGNER_REFRESH: '24h' })
  const before = await ask()
  await bench.publish(before)
  await bench.answered(before)
  await changeKey(t, bench.core, NEW_KEY)
  const early = await ask()
  await bench.publish(early)
  await until('the new signer is not known', async () => (await logOf(worker)).includes('CORE_SIGNATURE_INVALID'))
  assert.equal(await bench.responses(), 1)
  await world.registerSigner(addressOf(NEW_KEY))
  await bench.answered(early)
  assert.deepEqual(await bench.letters(), [])
  await world.registerSigner(addressOf(world.coreOptions.signingKey))
})

test('answers by a signer that the chain has replaced are not published; the Core gets the requests again', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker({ SIGNER_REFRESH: '24h' })
  const before = await ask()
  await bench.publish(before)
  await bench.answered(before)
  await world.registerSigner(addressOf(NEW_KEY))
  await until('the change is noticed', async () => (await logOf(worker)).includes('the registry changed on chain'))
  const request = await ask()
  await bench.publish(request)
  await until('the old signer is refused', async () => (await logOf(worker)).includes('CORE_SIGNATURE_INVALID'))
  assert.equal(await bench.responses(), 1)
  await changeKey(t, bench.core, NEW_KEY)
  await bench.answered(request)
  assert.deepEqual(await bench.letters(), [])
  await world.registerSigner(addressOf(world.coreOptions.signingKey))
})

test('a node that the Gateway does not know is refused before any work, and its requests wait', async t => {
  const bench = await openBench(t, world)
  const request = await ask()
  await bench.publish(request)
  const worker = await bench.spawn({ WALLET_ADDRESS: '0x00000000000000000000000000000000000000aa' })
  assert.equal((await worker.exited).code, 1)
  assert.match(await logOf(worker), /WALLET_UNKNOWN/)
  assert.deepEqual(await bench.letters(), [])
  assert.deepEqual(await bench.open('public-decryption'), { pending: 1, delivered: 0 })
})
