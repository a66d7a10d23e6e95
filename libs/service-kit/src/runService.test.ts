import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessSettings } from './processSettings.ts'
import { processSettings } from './processSettings.ts'
import { runService } from './runService.ts'
import type { ServiceContext } from './service.ts'
import { defineSettings } from './settings/schema.ts'

const ENV = { KMS_CONNECTOR_MONITORING_ENDPOINT: '127.0.0.1:0', KMS_CONNECTOR_LOG_LEVEL: 'silent' }
const EVENTS = ['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection'] as const

const service = (main: (ctx: ServiceContext<ProcessSettings>) => Promise<void>) => ({
  name: 'test',
  version: '1.0.0',
  describe: 'A test.',
  schema: defineSettings(processSettings('test')),
  main,
})

test('a run leaves no listener behind and does not exit the process', async () => {
  const before = EVENTS.map(event => process.listenerCount(event))
  const during: number[] = []
  const stop = async () => {
    during.push(...EVENTS.map(event => process.listenerCount(event)))
    setImmediate(() => process.emit('SIGTERM', 'SIGTERM'))
  }
  assert.equal(await runService(service(stop), ['start'], { env: ENV }), 0)
  assert.deepEqual(
    during,
    before.map(count => count + 1),
  )
  assert.deepEqual(
    EVENTS.map(event => process.listenerCount(event)),
    before,
  )
})

test('help and faults go where they are told to', async () => {
  const out: string[] = []
  const err: string[] = []
  const surroundings = { env: ENV, out: (text: string) => out.push(text), err: (text: string) => err.push(text) }
  const unused = service(async () => assert.fail('must not start'))
  assert.equal(await runService(unused, ['--version'], surroundings), 0)
  assert.deepEqual(out, ['test 1.0.0 (unknown)\n'])
  assert.equal(await runService(unused, ['validate', '-c', '/nowhere'], surroundings), 1)
  assert.equal(await runService(unused, ['health', '-e', 'localhost'], surroundings), 1)
  assert.match(err.join(''), /settings file \(\/nowhere\): cannot be read \(ENOENT\)/)
  assert.match(err.join(''), /--endpoint must be a URL/)
})

test('work of the same name twice is a fault of the program', async () => {
  const twice = service(async ctx => {
    ctx.run('a', async () => {})
    ctx.run('a', async () => {})
  })
  assert.equal(await runService(twice, ['start'], { env: ENV }), 75)
})
