import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseScalingCommand } from './scalingOptions.ts'
import { wavesOf } from './waves.ts'

const ACCEPTED = { delayMs: 400, inFlight: 16, seconds: 6 }

test('what is asked for, and what is refused', () => {
  assert.deepEqual(parseScalingCommand([]), { verb: 'run', options: ACCEPTED })
  assert.deepEqual(parseScalingCommand(['--seconds', '2']), { verb: 'run', options: { ...ACCEPTED, seconds: 2 } })
  assert.deepEqual(parseScalingCommand(['-h']), { verb: 'help' })
  for (const argv of [['--seconds', '0'], ['--in-flight', 'x'], ['--delay-ms', '1'], ['--more'], ['x']])
    assert.equal(parseScalingCommand(argv).verb, 'unusable', argv.join(' '))
})

test('every measured wave leaves a backlog at its end, so that no replica waits for work while it is measured', () => {
  for (const { churn, from, to, requests, what } of wavesOf(ACCEPTED))
    assert.ok(churn ? to === requests : from > 0 && to > from && to < requests, what)
})
