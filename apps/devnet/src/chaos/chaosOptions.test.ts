import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChaosOptions, parseChaosCommand } from './chaosOptions.ts'

const DEFAULTS: ChaosOptions = {
  seeds: [1],
  requests: 500,
  kills: 25,
  minutes: 6,
  keepLogs: undefined,
  scheduleOnly: false,
}

const USABLE: readonly (readonly [string, Partial<ChaosOptions>])[] = [
  ['', {}],
  ['--seed 7 --requests 60 --minutes 2', { seeds: [7], requests: 60, kills: 3, minutes: 2 }],
  ['--seeds 3..5 --kills 40', { seeds: [3, 4, 5], kills: 40 }],
  ['--keep-logs logs --schedule', { keepLogs: 'logs', scheduleOnly: true }],
]
for (const [line, expected] of USABLE) {
  test(`"${line}" is understood`, () => {
    const argv = line.split(' ').filter(Boolean)
    assert.deepEqual(parseChaosCommand(argv), { verb: 'run', options: { ...DEFAULTS, ...expected } })
  })
}

const UNUSABLE = [
  '--seed -1',
  '--seed x',
  '--seeds 5..3',
  '--seeds 1',
  '--seed 1 --seeds 1..2',
  '--requests 0',
  '--minutes 0',
  '--nothing',
  'word',
]
for (const line of UNUSABLE) {
  test(`"${line}" is refused`, () => {
    assert.equal(parseChaosCommand(line.split(' ')).verb, 'unusable')
  })
}

test('--help wins', () => {
  assert.equal(parseChaosCommand(['--help', '--seed', '2']).verb, 'help')
})
