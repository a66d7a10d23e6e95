import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import {
  type Broker,
  connectBroker,
  DEAD_LETTERS,
  deadReason,
  drainBroker,
  provision,
  publishDeadLetter,
} from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { TOPOLOGY } from '../request-status/pipeline.ts'
import { runCli } from './runCli.ts'

const TRACE = 'ab'.repeat(16)
const idOf = (n: number) => `01${n.toString(16).padStart(62, '0')}`

let server: NatsServer
let broker: Broker

before(async () => {
  server = await startNatsServer()
  broker = await connectBroker({ servers: [server.url], name: 'test' })
})
after(async () => {
  await drainBroker(broker, 1_000)
  await server.stop()
})

const cli = (args: readonly string[], columns?: number) => runCli(args, { KMS_CONNECTOR_NATS_URL: server.url }, columns)

async function bury(n: number, code: 'CORE_REFUSED' | 'ACL_DENIED', attempts: number): Promise<void> {
  const source = {
    stream: 'PUBLIC_DECRYPTION',
    seq: n,
    subject: `kms.request.public-decryption.${idOf(n)}`,
    attempts,
    firstStoredAt: 1,
  }
  await publishDeadLetter(broker, {
    ...deadReason(new ConnectorError(code, `because of ${n}`)),
    stage: 'kms-worker',
    operation: 'public-decryption',
    key: idOf(n),
    source,
    headers: { traceparent: `00-${TRACE}-${'cd'.repeat(8)}-01` },
    body: Buffer.from('{}'),
    history: [],
  })
}

test('a broker without our streams is told apart from one without letters', { timeout: 60_000 }, async () => {
  const before = await cli(['dlq', 'ls'])
  assert.equal(before.code, 1)
  assert.match(before.err, /BROKER_UNAVAILABLE: DEAD_LETTERS does not exist/)
  await provision(broker, TOPOLOGY)
  assert.deepEqual(await cli(['dlq', 'ls']), { code: 0, out: 'no dead letters\n', err: '' })
})

test('letters are grouped by fault with age, depth, attempts and trace', { timeout: 60_000 }, async () => {
  for (let n = 1; n <= 7; n++) await bury(n, 'CORE_REFUSED', n)
  await bury(8, 'ACL_DENIED', 30)
  const { code, out } = await cli(['dlq', 'ls'], 120)
  assert.equal(code, 0)
  assert.match(out, /^8 dead letters, /)
  assert.match(
    out,
    /CORE_REFUSED: 7 dead letters, oldest \d+s ago, newest \d+s ago, up to 7 attempts\n {2}The KMS Core refused/,
  )
  assert.match(out, /and 2 more: dlq ls --reason CORE_REFUSED/)
  assert.match(out, /ACL_DENIED: 1 dead letter, oldest \d+s ago, up to 30 attempts/)
  for (const line of out.split('\n').filter(l => /^ +\d|LETTER/.test(l))) assert.ok(line.length <= 102, line)
  const plain = await cli(['dlq', 'ls', '--reason', 'acl_denied'])
  assert.match(plain.out, new RegExp(`\\n  8\\t\\d+s\\tkms-worker\\tpublic-decryption\\t${idOf(8)}\\t30\\t${TRACE}\\n`))
  assert.doesNotMatch(plain.out, /CORE_REFUSED/)
  assert.match((await cli(['dlq', 'ls', '--reason', 'CORE_REFUSED'])).out, new RegExp(idOf(7)))
})

test('--json holds the same for programs', { timeout: 60_000 }, async () => {
  const { out } = await cli(['dlq', 'ls', '--json'])
  const { letters, read, groups } = JSON.parse(out)
  assert.deepEqual([letters, read], [8, 8])
  assert.deepEqual(
    groups.map((g: { code: string; count: number }) => [g.code, g.count]),
    [
      ['CORE_REFUSED', 7],
      ['ACL_DENIED', 1],
    ],
  )
  const [first] = groups[1].letters
  assert.deepEqual(
    [first.key, first.attempts, first.traceId, first.detail],
    [idOf(8), 30, TRACE, 'ACL_DENIED: because of 8'],
  )
})

test('a letter that nobody can read does not hide the others', { timeout: 60_000 }, async () => {
  await broker.jetstream.publish('kms.dead.someone.else.what', Buffer.from('\u001b[31mnot a letter'))
  const { code, out } = await cli(['dlq', 'ls'])
  assert.equal(code, 0)
  assert.match(out, /MESSAGE_MALFORMED: 1 dead letter/)
  assert.match(out, /CORE_REFUSED: 7 dead letters/)
  await broker.manager.streams.purge(DEAD_LETTERS)
})
