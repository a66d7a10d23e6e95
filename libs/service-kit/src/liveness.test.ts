import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { Liveness } from './liveness.ts'
import { createLogger } from './logger.ts'
import { runLoop } from './loop.ts'
import { Readiness } from './readiness.ts'
import { runStages } from './shutdown.ts'

const logger = createLogger({ service: 'test', version: '0', level: 'silent' })

test('a silent loop is dead, a resting or ended one is not, a beat revives it', () => {
  const liveness = new Liveness()
  const [busy, idle, gone] = ['busy', 'idle', 'gone'].map(name => liveness.watch(name, 3_000))
  idle?.rest()
  gone?.end()
  for (let second = 0; second < 4; second++) liveness.tick(1_000, 1_000)
  assert.deepEqual(
    liveness.dead().map(loop => loop.name),
    ['busy'],
  )
  assert.equal(liveness.dead(2).length, 0)
  busy?.beat()
  assert.equal(liveness.dead().length, 0)
})

test('a pause of the whole process kills no loop', () => {
  const liveness = new Liveness()
  liveness.watch('busy', 3_000)
  liveness.tick(3_600_000, 1_000)
  assert.equal(liveness.dead().length, 0)
})

test('a loop repeats, survives faults, and ends when asked', async () => {
  const controller = new AbortController()
  let steps = 0
  await runLoop({
    name: 'loop',
    signal: controller.signal,
    logger,
    liveness: new Liveness(),
    maxStepMs: 1_000,
    backoff: { firstMs: 1, maxMs: 2 },
    step: async () => {
      steps++
      if (steps === 2) throw new Error('once')
      if (steps === 4) controller.abort()
      return steps === 3 ? 1 : 0
    },
  })
  assert.equal(steps, 4)
})

test('a fatal fault ends a loop, and a loop that is over is not watched', async () => {
  const liveness = new Liveness()
  const fatal = new ConnectorError('CHAIN_ID_MISMATCH', 'x')
  const { signal } = new AbortController()
  const step = async () => {
    assert.equal(liveness.loops().length, 1)
    throw fatal
  }
  const backoff = { firstMs: 1, maxMs: 1 }
  await assert.rejects(runLoop({ name: 'l', signal, logger, liveness, maxStepMs: 1, backoff, step }), fatal)
  assert.equal(liveness.loops().length, 0)
})

test('readiness: a dependency that falls silent is told once, and once that it answers again', async () => {
  const told: string[] = []
  const readiness = new Readiness(1_000, ({ name, ok, error }) =>
    told.push(ok ? `${name} answers` : `${name}: ${error}`),
  )
  let fault: Error | undefined = new Error('not up yet')
  readiness.add('core', async () => {
    if (fault) throw fault
  })
  readiness.add('nats', async () => undefined)
  await readiness.report()
  assert.deepEqual(told, [], 'while it starts, the start itself tells what it waits for')
  readiness.started()
  for (const next of [undefined, new Error('refused'), new Error('refused again'), undefined, undefined]) {
    fault = next
    await readiness.report()
  }
  assert.deepEqual(told, ['core: refused', 'core answers'])
  fault = new Error('gone')
  readiness.stopping()
  await readiness.report()
  assert.equal(told.length, 2)
})

test('readiness: phases, failed and late checks, one run for many probes', async () => {
  const readiness = new Readiness(20)
  let calls = 0
  readiness.add('nats', async () => {
    calls++
  })
  assert.equal((await readiness.report()).details, 'the process is starting')
  readiness.started()
  const reports = await Promise.all([readiness.report(), readiness.report()])
  assert.deepEqual(
    reports.map(report => report.ready),
    [true, true],
  )
  assert.equal(calls, 2)
  readiness.add('gateway', () => new Promise(() => {}))
  readiness.add('core', () => {
    throw new Error('no\nroute')
  })
  const { ready, details, checks } = await readiness.report()
  assert.equal(ready, false)
  assert.equal(details, 'gateway: no answer within 20 ms; core: no route')
  assert.deepEqual(
    checks.map(check => check.ok),
    [true, false, false],
  )
  readiness.stopping()
  readiness.started()
  assert.match((await readiness.report()).details, /^the process is stopping/)
  assert.throws(() => readiness.add('nats', async () => {}), /exists already/)
  assert.throws(() => readiness.add('No Name', async () => {}), /snake_case/)
})

test('stages stop in reverse order; a failed or stuck one does not keep the others from running', async () => {
  const order: string[] = []
  const stage = (name: string, stop?: () => unknown) => ({
    name,
    stop: () => {
      order.push(name)
      return stop?.()
    },
  })
  assert.equal(await runStages([stage('a'), stage('b')], 1_000, logger), true)
  const stuck = stage('stuck', () => new Promise(() => {}))
  const broken = stage('broken', () => {
    throw new Error('x')
  })
  assert.equal(await runStages([stage('first'), stuck, broken], 20, logger), false)
  assert.deepEqual(order, ['b', 'a', 'broken', 'stuck', 'first'])
})
