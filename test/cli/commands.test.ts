import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { COMMANDS } from '../../apps/cli/src/commands.ts'
import { runCli } from './runCli.ts'

const CONFIGS = ['gw-listener', 'kms-worker', 'tx-sender', 'request-status'].map(
  name => new URL(`../../config/${name}.example.toml`, import.meta.url).pathname,
)

test('--help lists every command with its summary', async () => {
  const { code, out } = await runCli(['--help'])
  assert.equal(code, 0)
  for (const { name, summary } of COMMANDS) assert.match(out, new RegExp(`^  ${name} +${summary}$`, 'm'))
})

for (const { name } of COMMANDS) {
  test(`${name} --help explains it in lines of at most 100 characters, and wrong use ends with 1 and the usage`, async () => {
    const help = await runCli([...name.split(' '), '--help'])
    assert.equal(help.code, 0)
    assert.ok(help.out.startsWith(`usage: kms-connector ${name}`))
    assert.match(help.out, /--config FILE/)
    for (const line of help.out.split('\n')) assert.ok(line.length <= 100, line)
    const wrong = await runCli([...name.split(' '), '--no-such-option'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, new RegExp(`no-such-option[\\s\\S]*usage: kms-connector ${name}`))
  })
}

test('a family without its second word lists its commands', async () => {
  const bare = await runCli(['dlq'])
  assert.equal(bare.code, 1)
  assert.match(bare.err, /dlq ls/)
  const help = await runCli(['dlq', '--help'])
  assert.equal(help.code, 0)
  assert.match(help.out, /dlq ls/)
  assert.match((await runCli(['no-such'])).err, /no service and no command; there are gw-listener.*dlq ls/)
})

test('a broker that refuses connections is named with the fault and what to do, within the deadline', async () => {
  // Nobody listens there; a port that was just given back could be anybody's by now.
  const port = 1
  const env = { KMS_CONNECTOR_NATS_URL: `nats://user:verysecret@127.0.0.1:${port}` }
  const { code, out, err } = await runCli(['dlq', 'ls', '--timeout', '2s'], env)
  assert.equal(code, 1)
  assert.equal(out, '')
  assert.match(
    err,
    new RegExp(`BROKER_UNAVAILABLE: no connection to nats://.*127\\.0\\.0\\.1:${port} within 2s: .*REFUSED`),
  )
  assert.match(err, /Check the NATS server/)
  assert.doesNotMatch(err, /verysecret/)
})

test('a broker that accepts and stays silent does not hold a command either', async () => {
  const sockets: Socket[] = []
  const silent = createServer(socket => void sockets.push(socket))
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const env = { KMS_CONNECTOR_NATS_URL: `nats://127.0.0.1:${port}` }
  const { code, err } = await runCli(['dlq', 'ls', '--timeout', '300ms'], env)
  silent.close()
  for (const socket of sockets) socket.destroy()
  assert.equal(code, 1)
  assert.match(err, /BROKER_UNAVAILABLE/)
})

test('the files of all services can be given as they are; what nobody knows is refused', async () => {
  const files = CONFIGS.flatMap(file => ['--config', file])
  const env = { KMS_CONNECTOR_NATS_URL: 'nats://127.0.0.1:1', KMS_CONNECTOR_MAX_OPEN_TRANSACTIONS: '5' }
  const reached = await runCli(['dlq', 'ls', ...files, '--timeout', '1ms'], env)
  assert.match(reached.err, /BROKER_UNAVAILABLE/)
  const refused = await runCli(['dlq', 'ls', ...files], { ...env, KMS_CONNECTOR_NATS_URI: 'x' })
  assert.match(refused.err, /SETTINGS_INVALID[\s\S]*NATS_URI[\s\S]*KMS_CONNECTOR_NATS_URL/)
})

const wrongUses = [
  [['dlq', 'ls', 'extra'], /"extra" is one argument too many/],
  [['dlq', 'ls', '--timeout', '10'], /--timeout "10" is no time/],
  [['dlq', 'ls', '--config'], /--config/],
  [['dlq', 'ls', '--config', '/no/such/file'], /SETTINGS_INVALID[\s\S]*cannot be read/],
] as const
for (const [argv, message] of wrongUses) {
  test(`${argv.join(' ')} ends with 1`, async () => {
    const { code, err } = await runCli(argv)
    assert.equal(code, 1)
    assert.match(err, message)
  })
}
