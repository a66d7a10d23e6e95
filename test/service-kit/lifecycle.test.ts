import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExampleProcess } from './exampleProcess.ts'

const start = (behaviour: string, env: Readonly<Record<string, string>> = {}) =>
  new ExampleProcess(['start'], { KMS_CONNECTOR_BEHAVIOUR: behaviour, ...env })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains: work first, then stages in reverse order, exit code 0`, async () => {
    await using service = start('work')
    await service.line('started')
    service.signal(signal)
    assert.equal(await service.exitCode(), 0, service.stdout)
    const wanted = ['draining', 'drained', 'closed second', 'closed first', 'stopped']
    assert.deepEqual(
      service.messages().filter(msg => wanted.includes(String(msg))),
      wanted,
    )
    assert.equal(service.stderr, '')
  })
}

test('a second signal ends a drain that takes too long, exit code 75', async () => {
  await using service = start('slow-stop')
  await service.line('started')
  service.signal('SIGTERM')
  await service.line('draining')
  service.signal('SIGTERM')
  assert.equal(await service.exitCode(), 75)
  assert.ok(service.messages().includes('stopping at once, work in flight is left to be delivered again'))
})

test('a drain that misses the deadline still closes the stages, exit code 75', async () => {
  await using service = start('slow-stop', { KMS_CONNECTOR_SHUTDOWN_TIMEOUT: '100ms' })
  await service.line('started')
  service.signal('SIGTERM')
  assert.equal(await service.exitCode(), 75)
  assert.ok(service.messages().includes('closed first'))
})

test('a stuck or broken stage does not keep the others from closing, exit code 75', async () => {
  for (const behaviour of ['stuck-stop', 'broken-stop']) {
    await using service = start(behaviour, { KMS_CONNECTOR_SHUTDOWN_TIMEOUT: '100ms' })
    await service.line('started')
    service.signal('SIGTERM')
    assert.equal(await service.exitCode(), 75, behaviour)
    assert.ok(service.messages().includes('closed first'), behaviour)
    assert.equal((await service.line('a stage of the shutdown failed'))['stage'], 'second')
  }
})

test('a signal while starting up stops too', async () => {
  await using service = start('stuck-start', { KMS_CONNECTOR_SHUTDOWN_TIMEOUT: '100ms' })
  await service.url()
  service.signal('SIGTERM')
  assert.equal(await service.exitCode(), 75)
  assert.ok(!service.messages().includes('started'))
})

test('faults end the process with the exit code of their disposition', async () => {
  const cases = [
    ['fatal-start', 1, 'stopping because of a fault', 'CHAIN_ID_MISMATCH'],
    ['work-fails', 1, 'stopping because of a fault', 'TOPOLOGY_DRIFT'],
    ['fault-start', 75, 'stopping because of a fault', undefined],
    ['work-ends', 75, 'stopping because of a fault', 'LOOP_DEAD'],
    ['dead-loop', 75, 'stopping because of a fault', 'LOOP_DEAD'],
    ['crash', 75, 'crashed', undefined],
    ['reject', 75, 'crashed', undefined],
  ] as const
  for (const [behaviour, code, msg, fault] of cases) {
    // The stuck step of the dead loop is never finished, so the drain ends at the deadline.
    await using service = start(behaviour, { KMS_CONNECTOR_SHUTDOWN_TIMEOUT: '100ms' })
    assert.equal(await service.exitCode(), code, `${behaviour}\n${service.stdout}${service.stderr}`)
    const line = await service.line(msg)
    assert.equal(line['level'], 'fatal', behaviour)
    const err = line['err'] as { code?: string; stack?: string } // CAST: a log line of our own logger
    assert.equal(err.code, fault, behaviour)
    assert.ok(err.stack, behaviour)
  }
})

test('an address that is taken is told, exit code 75', async () => {
  await using first = start('work')
  const { host } = new URL(await first.url())
  await using second = start('work', { KMS_CONNECTOR_MONITORING_ENDPOINT: host })
  assert.equal(await second.exitCode(), 75)
  assert.match(second.stdout, /MONITORING_UNAVAILABLE: 127\.0\.0\.1:\d+: .*EADDRINUSE/)
})
