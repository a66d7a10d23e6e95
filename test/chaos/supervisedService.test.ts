import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SupervisedService } from '../../apps/devnet/src/chaos/supervisedService.ts'

/** Tells its URL; ends with a code of its own when it is told to, and with 0 on SIGTERM. */
const PROGRAM = `
console.log('listening on http://127.0.0.1:1')
process.once('SIGTERM', () => process.exit(0))
const code = Number(process.argv[2])
if (code >= 0) process.exit(code)
setInterval(() => {}, 1000)
`

let dir: string

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kms-connector-supervised-'))
  await writeFile(join(dir, 'program.mjs'), PROGRAM)
})
after(() => rm(dir, { recursive: true, force: true }))

let runs = 0

/** @param code that the program ends with by itself; -1: it stays */
function supervise(code: number): Promise<SupervisedService> {
  runs++
  return SupervisedService.start({
    name: 'program',
    entry: join(dir, 'program.mjs'),
    args: [String(code)],
    env: {},
    logFile: join(dir, `${runs}.log`),
    urlOf: line => /http:\S+/.exec(line)?.[0],
  })
}

async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 3_000 && !condition(); n++) await new Promise(resolve => setTimeout(resolve, 10))
  assert.ok(condition())
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`a process that got ${signal} is started again, and that is no fault`, async () => {
    const service = await supervise(-1)
    await service.ready()
    const { pid } = service
    assert.equal(await service.signal(signal), true)
    await until(() => service.restarts === 1)
    assert.notEqual(service.pid, pid)
    assert.deepEqual(service.faults, [])
    await service.stop()
  })
}

test('"do not restart me" is a fault, and so is an end that nobody asked for', async () => {
  for (const [code, fault] of [
    [1, /"do not restart me" \(exit code 1\)/],
    [0, /ended unasked \(exit code 0\)/],
    [13, /ended unasked \(exit code 13\)/],
  ] as const) {
    const service = await supervise(code)
    await until(() => service.faults.length > 0)
    await service.stop()
    assert.match(service.faults[0] ?? '', fault)
  }
})

test('a service may ask to be restarted', async () => {
  const service = await supervise(75)
  await until(() => service.restarts > 0)
  await service.stop()
  assert.deepEqual(service.faults, [])
  assert.ok(service.restartsAsked > 0)
})
