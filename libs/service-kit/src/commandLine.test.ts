import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCommand } from './commandLine.ts'
import { healthPageOf, healthUrlOf } from './healthProbe.ts'

test('the commands and their options', () => {
  const none = undefined
  const cases: readonly (readonly [string, unknown])[] = [
    ['start', { verb: 'start', config: none }],
    ['start -c a.toml', { verb: 'start', config: 'a.toml' }],
    ['start --config=a.toml', { verb: 'start', config: 'a.toml' }],
    ['validate --config a.toml', { verb: 'validate', config: 'a.toml' }],
    ['explain -c a.toml', { verb: 'explain', config: 'a.toml' }],
    ['health', { verb: 'health', config: none, endpoint: none }],
    ['health -e http://x', { verb: 'health', config: none, endpoint: 'http://x' }],
    ['--help', { verb: 'help' }],
    ['start -h', { verb: 'help' }],
    ['--version', { verb: 'version' }],
  ]
  for (const [line, expected] of cases) assert.deepEqual(parseCommand(line.split(' ')), expected, line)
  const unusable = ['stop', 'start now', 'start -e http://x', 'start --conf a', 'start -c', '']
  for (const line of unusable) {
    assert.equal(parseCommand(line === '' ? [] : line.split(' ')).verb, 'unusable', line)
  }
})

test('no arguments make the parser fail', () => {
  fc.assert(fc.property(fc.array(fc.string()), argv => parseCommand(argv).verb.length > 0))
})

test('where the health page is', () => {
  assert.equal(healthUrlOf({ host: '0.0.0.0', port: 9100 }), 'http://127.0.0.1:9100/healthz')
  assert.equal(healthUrlOf({ host: '::', port: 1 }), 'http://[::1]:1/healthz')
  assert.equal(healthUrlOf({ host: '10.0.0.1', port: 80 }), 'http://10.0.0.1:80/healthz')
  assert.equal(healthPageOf('http://h:1'), 'http://h:1/healthz')
  assert.equal(healthPageOf('http://h:1/readyz'), 'http://h:1/readyz')
  assert.equal(healthPageOf('127.0.0.1:9100'), undefined)
})
