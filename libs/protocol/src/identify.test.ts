import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identify, operationOf } from './identify.ts'
import { requestIdOf } from './requestId.ts'
import { OPERATIONS_V0_11 } from './v0_11/operations.ts'

const HEX = `01${'0'.repeat(60)}2a`
const VALUE = BigInt(`0x${HEX}`)

const readable = [
  ['hex', HEX],
  ['hex with 0x', `0x${HEX}`],
  ['upper case', `0X${HEX.toUpperCase()}`],
  ['decimal', String(VALUE)],
] as const
for (const [label, text] of readable) test(`an id in ${label}`, () => assert.equal(identify(text), HEX))

test('the largest uint256 is an id in both notations', () => {
  const most = (1n << 256n) - 1n
  assert.equal(identify(String(most)), 'f'.repeat(64))
  assert.equal(identify(`0x${most.toString(16)}`), 'f'.repeat(64))
})

const unreadable = ['', '0', '-1', '1.5', '1e9', '0x1', '007', 'latest', HEX.slice(1), `${HEX}0`, `0x0x${HEX}`]
const outOfRange = [String(1n << 256n), '9'.repeat(78), '9'.repeat(200), '0'.repeat(64), ' 1', `${HEX}.r1`, '*', '>']
for (const text of [...unreadable, ...outOfRange]) {
  test(`no id: "${text.slice(0, 70)}"`, () => assert.equal(identify(text), undefined))
}

test('the type byte tells the operation', () => {
  const names = [1, 2, 3, 4, 5, 6].map(
    type => operationOf(OPERATIONS_V0_11, requestIdOf((BigInt(type) << 248n) + 7n))?.name,
  )
  assert.deepEqual(names, ['public-decryption', 'user-decryption', 'prep-keygen', 'keygen', 'crsgen', 'key-reshare'])
  assert.equal(operationOf(OPERATIONS_V0_11, requestIdOf(1n))?.name, 'prss-init')
  assert.equal(operationOf(OPERATIONS_V0_11, requestIdOf(2n)), undefined)
  assert.equal(operationOf(OPERATIONS_V0_11, requestIdOf(9n << 248n)), undefined)
})
