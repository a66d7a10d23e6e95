import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  PRSS_INIT_ID,
  parseRequestId,
  requestIdOf,
  requestIdSerial,
  requestIdType,
  requestIdValue,
} from './requestId.ts'

test('the first public decryption of the deployed counters', () => {
  const id = requestIdOf(452312848583266388373324160190187140051835877600158453279131187530910662657n)
  assert.equal(id, `01${'0'.repeat(61)}1`)
  assert.equal(requestIdType(id), 1)
  assert.equal(requestIdSerial(id), 1n)
})

test('PRSSInit has the constant id 1', () => assert.equal(PRSS_INIT_ID, `${'0'.repeat(63)}1`))

for (const value of [0n, -1n, 1n << 256n]) {
  test(`${value} is no id`, () => assert.throws(() => requestIdOf(value), { code: 'REQUEST_ID_INVALID' }))
}

for (const text of ['', '0x01', 'A'.repeat(64), '1'.repeat(63), `${'1'.repeat(64)}\n`]) {
  test(`"${text.slice(0, 8)}" (${text.length} characters) is no id`, () => {
    assert.throws(() => parseRequestId(text), { code: 'REQUEST_ID_INVALID' })
  })
}

test('ids survive the round trip through their text', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: (1n << 256n) - 1n }), value => {
      assert.equal(requestIdValue(parseRequestId(requestIdOf(value))), value)
    }),
  )
})
