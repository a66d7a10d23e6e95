import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BROKER_IDENTITIES } from '@kms-connector/streams'
import { startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { runCli } from './runCli.ts'

let dir: string
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kms-connector-keys-'))
})
after(() => rm(dir, { recursive: true, force: true }))

test('what nats auth writes is enough for a server, the provisioning job and the services', async () => {
  const out = join(dir, 'all')
  const written = await runCli(['nats', 'auth', '--out', out])
  assert.equal(written.code, 0, written.err)
  assert.deepEqual(
    (await readdir(out)).sort(),
    [...BROKER_IDENTITIES.map(name => `${name}.nk`), 'nats-accounts.conf'].sort(),
  )
  const accounts = await readFile(join(out, 'nats-accounts.conf'), 'utf8')
  for (const identity of BROKER_IDENTITIES) {
    const seed = await readFile(join(out, `${identity}.nk`), 'utf8')
    assert.equal((await stat(join(out, `${identity}.nk`))).mode & 0o777, 0o600)
    for (const text of [accounts, written.out]) assert.ok(!text.includes(seed.trim()))
  }

  const server = await startNatsServer({ config: `include ${JSON.stringify(relative(out))}` })
  try {
    const as = (identity: string) => ({
      KMS_CONNECTOR_NATS_URL: server.url,
      KMS_CONNECTOR_NATS_NKEY_SEED_FILE: join(out, `${identity}.nk`),
    })
    const first = await runCli(['topology', 'apply'], as('topology'))
    assert.match(first.out, /created PUBLIC_DECRYPTION\n[\s\S]*created KV_sender/, first.err)
    const again = await runCli(['topology', 'apply'], as('topology'))
    assert.equal(again.code, 0, again.err)
    assert.doesNotMatch(again.out, /created|updated/)
    assert.equal((await runCli(['dlq', 'ls'], as('operator'))).out, 'no dead letters\n')
  } finally {
    await server.stop()
  }
})

/** nats-server reads includes below the folder of its configuration; both are in the folder for temporary files. */
const relative = (path: string) => join('..', path.slice(tmpdir().length + 1), 'nats-accounts.conf')

test('seeds that are there stay, missing ones are made, and anything else is refused untouched', async () => {
  const out = join(dir, 'again')
  await runCli(['nats', 'auth', '--out', out])
  const kept = await readFile(join(out, 'kms-worker.nk'), 'utf8')
  await rm(join(out, 'tx-sender.nk'))
  const second = await runCli(['nats', 'auth', '--out', out])
  assert.match(second.out, /kms-worker\.nk: kept/)
  assert.match(second.out, /tx-sender\.nk: new/)
  assert.equal(await readFile(join(out, 'kms-worker.nk'), 'utf8'), kept)
  await writeFile(join(out, 'operator.nk'), 'SUnonsense that is no key')
  const third = await runCli(['nats', 'auth', '--out', out])
  assert.equal(third.code, 1)
  assert.match(third.err, /operator\.nk holds no NKey seed/)
  assert.ok(!third.err.includes('nonsense'))
  assert.equal((await runCli(['nats', 'auth'])).code, 1)
})
