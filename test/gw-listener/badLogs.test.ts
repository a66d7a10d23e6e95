import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DEAD_LETTERS } from '@kms-connector/streams'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, openBench, until } from './listenerBench.ts'
import { prepare, requestPublic, requestUser } from './requests.ts'
import { type RpcProxy, startRpcProxy } from './rpcProxy.ts'

let gateway: TestGateway
let proxy: RpcProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  proxy = await startRpcProxy(gateway.rpcUrl)
})
after(async () => {
  await proxy?.stop()
  await gateway?.stop()
})

interface NodeLog {
  readonly topics: readonly string[]
  readonly data: string
  readonly transactionHash: string
  readonly blockHash: string
  readonly logIndex: string
}

/** Changes logs on their way to the listener. */
function editLogs(change: (log: NodeLog) => readonly NodeLog[]): void {
  proxy.rules = {
    edit: ({ method }, result) =>
      method === 'eth_getLogs' && Array.isArray(result) ? (result as NodeLog[]).flatMap(change) : result, // CAST: anvil's
  }
}

/** The letter is stored once however often the overlap brings the log, and the requests beside it are published. */
async function expectOneLetter(bench: Bench, hash: string, code: string): Promise<ReturnType<Bench['letters']>> {
  await until('the log is buried', async () => (await bench.letters()).length > 0)
  const { id } = await requestUser(gateway)
  await until('the next request is published', () => bench.request('user-decryption', id))
  const before = proxy.exchanges.length
  await until('the overlap was read again', async () => {
    const calls = proxy.exchanges.slice(before).flat()
    return calls.filter(call => call.method === 'eth_getLogs').length >= 6
  })
  const letters = await bench.letters()
  assert.deepEqual(
    letters.map(letter => [letter.stage, letter.code]),
    [['gw-listener', code]],
  )
  assert.ok(
    Buffer.from(letters[0]?.body ?? [])
      .toString()
      .includes(hash),
    'the letter names the transaction',
  )
  return letters
}

test('a log that cannot be decoded is buried once, also by the next process, and holds nothing', async t => {
  const bench = await openBench(t, gateway)
  const [{ transactionHash }, { id }] = [await requestPublic(gateway), await requestPublic(gateway)]
  editLogs(log => [log.transactionHash === transactionHash ? { ...log, data: log.data.slice(0, 66) } : log])
  const first = await bench.listener({ GATEWAY_URL: proxy.url })
  await expectOneLetter(bench, transactionHash, 'LOG_UNDECODABLE')
  await first.stop()
  // The stream forgets message ids after minutes; here, at once.
  const plan = (await bench.broker.manager.streams.info(DEAD_LETTERS)).config
  await bench.broker.manager.streams.update(DEAD_LETTERS, { ...plan, duplicate_window: 100_000_000 })
  await bench.listener({ GATEWAY_URL: proxy.url, STREAMS__PROVISION: 'verify' })
  await expectOneLetter(bench, transactionHash, 'LOG_UNDECODABLE')
  assert.ok(await bench.request('public-decryption', id))
})

test('an id without the type of its operation is buried', async t => {
  const bench = await openBench(t, gateway)
  const retyped = (id = '') => `0x07${id.slice(4)}`
  editLogs(log =>
    log.topics.length === 2 ? [{ ...log, topics: [log.topics[0] ?? '', retyped(log.topics[1])] }] : [log],
  )
  await bench.listener({ GATEWAY_URL: proxy.url })
  const { transactionHash } = await requestPublic(gateway)
  await until('it is buried', async () => (await bench.letters()).length > 0)
  proxy.rules = {}
  await expectOneLetter(bench, transactionHash, 'REQUEST_ID_INVALID')
})

test('the same id with another payload is reported, and the first request stays', async t => {
  const bench = await openBench(t, gateway)
  await bench.listener({ GATEWAY_URL: proxy.url })
  proxy.rules = {}
  const { id, transactionHash } = await requestPublic(gateway, '0x00aa')
  await until('it is published', () => bench.request('public-decryption', id))
  const other = `0x${'ee'.repeat(32)}`
  editLogs(log => {
    if (log.transactionHash !== transactionHash) return [log]
    return [{ ...log, data: log.data.replace('00aa', '00bb'), transactionHash: other }]
  })
  await expectOneLetter(bench, other, 'REQUEST_CONFLICT')
  assert.partialDeepStrictEqual(await bench.request('public-decryption', id), { payload: { extraData: '0x00aa' } })
})

test('a conflict is also seen by a process that did not publish the first request', async t => {
  const bench = await openBench(t, gateway)
  const first = await bench.listener({ GATEWAY_URL: proxy.url })
  proxy.rules = {}
  const { id, transactionHash } = await requestPublic(gateway, '0x00aa')
  await until('it is published', () => bench.request('public-decryption', id))
  await first.stop()
  editLogs(log => [log.transactionHash === transactionHash ? { ...log, data: log.data.replace('00aa', '00bb') } : log])
  await bench.listener({ GATEWAY_URL: proxy.url })
  await expectOneLetter(bench, transactionHash, 'REQUEST_CONFLICT')
})

test('a request that is too large for its stream is buried with its head', async t => {
  const bench = await openBench(t, gateway)
  proxy.rules = {}
  await bench.listener({ GATEWAY_URL: proxy.url })
  const { id: before } = await requestPublic(gateway)
  const { id: large, transactionHash } = await requestPublic(gateway, `0x${'ab'.repeat(700_000)}`)
  const [letter] = await expectOneLetter(bench, transactionHash, 'MESSAGE_TOO_LARGE')
  assert.ok(await bench.request('public-decryption', before))
  assert.equal(await bench.request('public-decryption', large), undefined)
  assert.partialDeepStrictEqual(JSON.parse(Buffer.from(letter?.body ?? []).toString()), { dataBytes: 700_352 })
})
