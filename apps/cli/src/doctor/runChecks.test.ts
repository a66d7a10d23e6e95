import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckResult, withoutEchoes } from './runChecks.ts'

const result = (id: string, status: CheckResult['status'], detail: string): CheckResult => ({
  id,
  status,
  detail,
  group: 'nats',
  why: '',
  ms: 1,
})

test('a broker that is away is one failure, and what else failed stays', () => {
  const results = [
    result('nats.memory', 'fail', 'away'),
    result('nats.reachable', 'fail', 'away'),
    result('core.health', 'fail', 'refused'),
    result('settings.names', 'ok', 'fine'),
  ]
  assert.deepEqual(
    withoutEchoes(results).map(({ status }) => status),
    ['skipped', 'fail', 'fail', 'ok'],
  )
  assert.deepEqual(withoutEchoes(results.slice(2)), results.slice(2))
})
