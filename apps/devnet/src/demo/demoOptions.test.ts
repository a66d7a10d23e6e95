import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDemoCommand } from './demoOptions.ts'

const defaults = { keys: false, requests: 24, workers: 2, nodes: 1, secure: false, keep: false, plain: false }

test('options and their defaults', () => {
  assert.deepEqual(parseDemoCommand([]), { verb: 'run', options: defaults })
  assert.deepEqual(parseDemoCommand(['--requests', '300', '--workers=3', '--cores', '4', '--keep', '--plain']), {
    verb: 'run',
    options: { keys: false, requests: 300, workers: 3, nodes: 4, secure: false, keep: true, plain: true },
  })
  assert.deepEqual(parseDemoCommand(['-h']), { verb: 'help' })
})

test('key management needs a network, and asks for no further requests unless told', () => {
  const keys = { keys: true, requests: 0, workers: 1, nodes: 4, secure: false, keep: false, plain: false }
  assert.deepEqual(parseDemoCommand(['--keys']), { verb: 'run', options: keys })
  assert.deepEqual(parseDemoCommand(['--keys', '--requests', '6', '--cores=7', '--workers', '2', '--keep']), {
    verb: 'run',
    options: { ...keys, requests: 6, nodes: 7, workers: 2, secure: false, keep: true },
  })
  assert.equal(parseDemoCommand(['--keys', '--cores', '1']).verb, 'unusable')
})

test('what makes no sense is refused with a reason', () => {
  const cases = [
    ['--request', '3'],
    ['--requests'],
    ['--requests', '0'],
    ['--requests', '-1'],
    ['--requests', '1.5'],
    ['--requests', '20001'],
    ['--workers', '17'],
    ['--cores', '3'],
    ['--keep=yes'],
    ['--keys=yes'],
    ['300'],
  ]
  for (const argv of cases) {
    const command = parseDemoCommand(argv)
    assert.equal(command.verb, 'unusable', argv.join(' '))
  }
})
