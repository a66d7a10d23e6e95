import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Code } from '@connectrpc/connect'
import { hexOf, PRSS_INIT_ID, type Request, type RequestId } from '@kms-connector/protocol'
import { idOf, impatient, logOf, openBench, TABLE, until } from './workerBench.ts'
import { DELEGATOR, startWorld, type World } from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

type Place = (allowed: boolean) => Promise<Request>
const decryptions: readonly Place[] = [
  async allowed => world.publicRequest([await world.ciphertext({ allowed })]),
  async allowed => world.userRequest([await world.ciphertext({ allowed })]),
  async allowed => world.userRequest([await world.ciphertext({ allowed })], DELEGATOR.address),
]

/** Key operations as the listener would publish them; the second needs the first to be agreed on. */
const keyOperations: readonly (readonly [string, RequestId, object])[] = [
  ['prep-keygen', idOf(3, 1), { epochId: 0n, paramsType: 1 }],
  ['keygen', idOf(4, 1), { prepKeygenId: BigInt(`0x${idOf(3, 1)}`) }],
  ['crsgen', idOf(5, 1), { maxBitLength: 256n, paramsType: 1 }],
  ['prss-init', PRSS_INIT_ID, {}],
  [
    'key-reshare',
    idOf(6, 1),
    { prepKeygenId: BigInt(`0x${idOf(3, 1)}`), keyId: BigInt(`0x${idOf(4, 1)}`), paramsType: 1 },
  ],
]

/** At the same time: most of it is waiting for the next attempt. */
describe('budgets', { concurrency: true }, () => {
  test('a decryption that the Core never finishes is given up after its attempts, of each kind', async t => {
    const polled = new Map<RequestId, number>()
    const bench = await openBench(t, world, {
      longPollMs: 50,
      faults: {
        onPoll: id => {
          polled.set(id, (polled.get(id) ?? 0) + 1)
          return { kind: 'refuse', code: Code.Unavailable }
        },
      },
    })
    await bench.worker({ ...impatient(3), GRPC_POLL_BUDGET: '200ms' })
    const requests = await Promise.all(decryptions.map(place => place(true)))
    for (const request of requests) await bench.publish(request)
    for (const { id } of requests) {
      const letter = await bench.buried(id)
      assert.equal(letter.code, 'CORE_PENDING')
      assert.deepEqual(
        letter.history.map(({ code }) => code),
        ['CORE_PENDING', 'CORE_PENDING', 'CORE_PENDING'],
      )
      assert.ok((polled.get(id) ?? 0) >= 3, `${id} was polled ${polled.get(id)} times`)
    }
    assert.equal(await bench.responses(), 0)
  })

  test('a decryption that the host chain keeps denying is given up, and the Core never hears of it, of each kind', async t => {
    const heard: RequestId[] = []
    const note = (id: RequestId) => {
      heard.push(id)
      return undefined
    }
    const bench = await openBench(t, world, { faults: { onSubmit: note, onPoll: note } })
    await bench.worker(impatient(3))
    const requests = await Promise.all(decryptions.map(place => place(false)))
    for (const request of requests) await bench.publish(request)
    for (const { id } of requests) {
      const { history } = await bench.buried(id)
      assert.deepEqual(
        history.map(({ code }) => code),
        ['ACL_DENIED', 'ACL_DENIED', 'ACL_DENIED'],
      )
    }
    assert.deepEqual(heard, [])
    assert.equal(await bench.responses(), 0)
  })

  test('a key operation of any kind is kept for as long as it fails, and done once it can be', async t => {
    let refusing = true
    const bench = await openBench(t, world, { faults: { onSubmit: () => (refusing ? Code.Unavailable : undefined) } })
    const worker = await bench.worker({ MAX_DECRYPTION_ATTEMPTS: '1', MAX_DECRYPTION_AGE: '1ms' })
    const zero = hexOf(Buffer.alloc(32))
    const position = { blockNumber: 1, blockHash: zero, transactionHash: zero, logIndex: 0, blockTimestamp: 1 }
    const requests = keyOperations.map(([name, id, payload]) => {
      return { operation: TABLE.named(name), id, origin: { chainId: 54_321, ...position }, payload }
    })
    for (const request of requests) await bench.publish(request)
    const failures = async (id: RequestId) =>
      (await logOf(worker)).split('\n').filter(line => line.includes('could not answer') && line.includes(id)).length
    for (const { operation, id } of requests)
      await until(`${operation.name} failed three times`, async () => (await failures(id)) >= 3)
    for (const { operation } of requests) {
      const { pending, delivered } = await bench.open(operation.name)
      assert.equal(pending + delivered, 1, `${operation.name} is still to be done`)
    }
    assert.deepEqual(await bench.letters(), [])
    refusing = false
    for (const request of requests.filter(({ operation }) =>
      ['prep-keygen', 'crsgen', 'prss-init'].includes(operation.name),
    ))
      await bench.answered(request)
    assert.deepEqual(await bench.letters(), [])
  })
})
