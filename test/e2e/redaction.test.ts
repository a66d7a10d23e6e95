import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Broker, DEAD_LETTERS, messageAt, streamIdentity } from '@kms-connector/streams'
import { COPROCESSORS } from '../../apps/devnet/src/devnet/index.ts'
import { planRequests } from '../../apps/devnet/src/workload/index.ts'
import { runCli } from '../cli/runCli.ts'
import { writeKeystore } from '../wallet/writeKeystore.ts'
import { eventually, PipelineBench } from './pipelineBench.ts'
import { type PlantedSecret, SecretScanner } from './secretScanner.ts'
import { startTalkativeNode } from './talkativeNode.ts'

const MAIN = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname
const USER = 'rpc-user-Q7w8E9'
const PASSWORD = 'rpc-pass/9f3kX+2'
const PATH_KEY = 'pathkey-A1b2C3d4E5f6G7h8'
const QUERY_KEY = 'querykey-Z9y8X7w6V5'
const AWS_SECRET = 'aws/secret+K3y0123456789abcdefghijklmno'
const NATS_PASSWORD = 'nats "pass" ü4711'
const MNEMONIC = 'test test test test test test test test test test test junk'
const KEYSTORE_PASSWORD = 'keystore-pass-55aa77'

const dir = await mkdtemp(join(tmpdir(), 'kms-connector-redaction-'))
after(() => rm(dir, { recursive: true, force: true }))

/** Everything that a process, a page or a stream showed, by where. */
type Shown = Map<string, string>

test('no secret is in anything that a whole run shows, failures included', { timeout: 240_000 }, async t => {
  await using node = await startTalkativeNode()
  const url = node.url(`${USER}:${encodeURIComponent(PASSWORD)}`, `v2/${PATH_KEY}`, `key=${QUERY_KEY}`)
  const debug = { LOG_LEVEL: 'debug', GATEWAY_URL: url }
  const bench = await PipelineBench.start({
    secure: true,
    workers: 1,
    dir: join(dir, 'devnet'),
    gatewayUrl: rpcUrl => {
      node.target = rpcUrl
      return url
    },
    // Every registered bucket fails now and then, so that the bucket with the key is asked too.
    s3Faults: ({ method, key }) =>
      method === 'GET' && key.endsWith('0') ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined,
    listener: debug,
    sender: debug,
    worker: {
      ...debug,
      MAX_DECRYPTION_ATTEMPTS: '2',
      MAX_DECRYPTION_AGE: '1s',
      S3_CONFIG__BUCKET: COPROCESSORS[0]?.bucket ?? '',
      S3_CONFIG__ENDPOINT: 'http://127.0.0.1:1',
      S3_CONFIG__ACCESS_KEY_ID: 'AKIAEXAMPLE',
      S3_CONFIG__SECRET_ACCESS_KEY: AWS_SECRET,
    },
  })
  t.after(() => bench.stop())
  const placed = await bench.place(planRequests(30, Math.random))
  await eventually('some answers', async () => {
    await bench.watch.poll()
    return placed.filter(({ id }) => bench.watch.isAnswered(id)).length >= 3 || undefined
  })
  await bench.devnet.node.nats.restart()
  await eventually('a sender that starts beside this node', async () => {
    // The node fails every now and then; a start that meets it ends with 75, "restart me", as it would in a cluster.
    return (await bench.devnet.node.sender.restart().catch(() => undefined)) !== undefined || undefined
  })
  await eventually('failures that repeat the URL', async () => node.failures > 20 || undefined)

  const shown: Shown = new Map()
  await pages(bench, shown)
  await streams(bench.broker, shown)
  for (const { name, logFile } of bench.devnet.processes) shown.set(`log of ${name}`, await readFile(logFile, 'utf8'))
  await commands(bench, shown)
  startUps(await keystoreFile(), shown)

  const scanner = new SecretScanner(await secretsOf(bench))
  assert.deepEqual(
    [...shown].flatMap(([where, text]) => scanner.scan(where, text)),
    [],
  )
  // And the search would have found them.
  for (const { name, text } of await secretsOf(bench)) assert.ok(scanner.scan('planted', `x${text}y`).length > 0, name)
  assert.match(shown.get('log of gw-listener') ?? '', /"level":"debug"/)
})

async function secretsOf({ devnet }: PipelineBench): Promise<PlantedSecret[]> {
  const { keysDir = '', wallet } = devnet.node
  const files = (await readdir(keysDir)).filter(name => /\.(nk|key)$/.test(name))
  const held = await Promise.all(
    files.map(async name => {
      const lines = (await readFile(join(keysDir, name), 'utf8')).split('\n')
      return { name, text: (name.endsWith('.nk') ? lines[0] : lines[2]) ?? '' }
    }),
  )
  return [
    ...held,
    { name: 'wallet key', text: wallet.privateKey },
    { name: 'RPC user', text: USER },
    { name: 'RPC password', text: PASSWORD },
    { name: 'RPC key in the path', text: PATH_KEY },
    { name: 'RPC key in the query', text: QUERY_KEY },
    { name: 'AWS secret', text: AWS_SECRET },
    { name: 'NATS password', text: NATS_PASSWORD },
    { name: 'mnemonic', text: MNEMONIC },
    { name: 'keystore password', text: KEYSTORE_PASSWORD },
  ]
}

async function pages({ devnet }: PipelineBench, shown: Shown): Promise<void> {
  for (const { name, url } of devnet.processes.filter(each => !each.name.startsWith('kms-core'))) {
    for (const page of ['/metrics', '/status', '/readyz', '/readyz?verbose', '/livez', '/version', '/nowhere']) {
      shown.set(`${page} of ${name}`, await (await fetch(`${url}${page}`)).text())
    }
  }
}

async function streams(broker: Broker, shown: Shown): Promise<void> {
  for await (const info of broker.manager.streams.list()) {
    const { name } = info.config
    const { firstSeq, lastSeq } = await streamIdentity(broker, name)
    for (let seq = firstSeq; seq <= lastSeq; seq++) {
      const message = await messageAt(broker, name, seq)
      if (message)
        shown.set(
          `${name}/${seq}`,
          `${message.subject} ${JSON.stringify(message.headers)} ${Buffer.from(message.body)}`,
        )
    }
  }
  assert.ok([...shown.keys()].some(where => where.startsWith('RESPONSES/')))
}

async function commands({ devnet }: PipelineBench, shown: Shown): Promise<void> {
  const { nats, keysDir = '', observer } = devnet.node
  const env = {
    KMS_CONNECTOR_NATS_URL: nats.url,
    KMS_CONNECTOR_NATS_NKEY_SEED_FILE: join(keysDir, 'operator.nk'),
    KMS_CONNECTOR_NATS_TLS__CA_FILE: observer.tls?.caFile ?? '',
    KMS_CONNECTOR_NATS_TLS__CERT_FILE: observer.tls?.certFile ?? '',
    KMS_CONNECTOR_NATS_TLS__KEY_FILE: observer.tls?.keyFile ?? '',
  }
  for (const argv of [
    ['dlq', 'ls'],
    ['dlq', 'ls', '--json'],
    ['nats', 'auth', '--out', keysDir],
    ['topology', 'apply'],
  ]) {
    const { out, err, code } = await runCli(argv, env)
    assert.equal(code, 0, err)
    shown.set(argv.join(' '), out + err)
  }
  assert.ok(shown.has('dlq ls'), DEAD_LETTERS)
}

async function keystoreFile(): Promise<{ readonly path: string; readonly password: string }> {
  const path = join(dir, 'keystore.json')
  const password = join(dir, 'password')
  await writeFile(path, writeKeystore(`0x${'5a'.repeat(32)}`, KEYSTORE_PASSWORD, 'pbkdf2'))
  await writeFile(password, `${KEYSTORE_PASSWORD}-wrong`)
  return { path, password }
}

/** Starts that fail, each with another secret in use. */
function startUps({ path, password }: { readonly path: string; readonly password: string }, shown: Shown): void {
  const nats = { KMS_CONNECTOR_NATS_USER: 'u', KMS_CONNECTOR_NATS_PASSWORD: NATS_PASSWORD }
  const rpc = {
    KMS_CONNECTOR_GATEWAY_URL: `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:1/${PATH_KEY}?k=${QUERY_KEY}`,
  }
  const cases: readonly [string, string, Record<string, string>][] = [
    ['tx-sender', 'explain', { ...nats, ...rpc, KMS_CONNECTOR_MNEMONIC: MNEMONIC }],
    [
      'tx-sender',
      'start',
      { ...rpc, KMS_CONNECTOR_MNEMONIC: `${MNEMONIC} junk`, KMS_CONNECTOR_NATS_URL: NATS_PASSWORD },
    ],
    [
      'tx-sender',
      'start',
      { ...rpc, KMS_CONNECTOR_PRIVATE_KEY: `0x${QUERY_KEY}`, KMS_CONNECTOR_MAX_IN_FLIGHT: AWS_SECRET },
    ],
    [
      'tx-sender',
      'start',
      { ...rpc, KMS_CONNECTOR_SIGNING_KEY_PATH: path, KMS_CONNECTOR_SIGNING_KEY_PASSWORD_FILE: password },
    ],
    [
      'kms-worker',
      'start',
      { ...nats, ...rpc, KMS_CONNECTOR_HOST_CHAINS: `[{"url":"${rpc.KMS_CONNECTOR_GATEWAY_URL}"` },
    ],
  ]
  for (const [service, verb, env] of cases) {
    const own = { ...env, KMS_CONNECTOR_LOG_LEVEL: 'debug', PATH: process.env['PATH'] ?? '' }
    const run = spawnSync(process.execPath, ['--conditions=kms-source', MAIN, service, verb], {
      env: own,
      encoding: 'utf8',
      timeout: 15_000,
    })
    assert.ok(run.stdout.length + run.stderr.length > 0)
    shown.set(`${service} ${verb} with ${Object.keys(env)}`, run.stdout + run.stderr)
  }
}
