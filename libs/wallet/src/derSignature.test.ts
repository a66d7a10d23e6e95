import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { parseDerSignature } from './derSignature.ts'

const { n } = secp256k1.Point.CURVE()
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
/** Of the curve order less one: needs a sign byte. */
const LARGEST = `0221 00${(n - 1n).toString(16)}`

for (const [label, hex, r, s] of [
  ['the smallest', '3006 020101 020102', 1n, 2n],
  ['a sign byte where one is needed', '3008 02020080 02020100', 128n, 256n],
  ['the largest', `3046 ${LARGEST} ${LARGEST}`, n - 1n, n - 1n],
  ['r shorter than s', `3026 020101 ${LARGEST}`, 1n, n - 1n],
] as const) {
  test(`reads ${label}`, () => assert.deepEqual(parseDerSignature(bytes(hex)), { r, s }))
}

for (const [label, hex] of [
  ['nothing', ''],
  ['no sequence', '3106 020101 020102'],
  ['a header only', '30'],
  ['a sequence that is longer', '3007 020101 020102'],
  ['a sequence that is shorter', '3005 020101 020102'],
  ['trailing bytes outside', '3006 020101 020102 00'],
  ['trailing bytes inside', '3007 020101 020102 00'],
  ['a third integer', '3009 020101 020102 020103'],
  ['a long form of a length', '308106 020101 020102'],
  ['an indefinite length', '3080 020101 020102 0000'],
  ['a long form inside', '3007 02810101 020102'],
  ['another type inside', '3006 030101 020102'],
  ['one integer', '3003 020101'],
  ['an empty integer', '3005 0200 020102'],
  ['an integer beyond the end', '3006 020101 020202'],
  ['a negative integer', '3006 020181 020102'],
  ['a padded integer', '3007 02020001 020102'],
  ['a padded zero', '3007 02020000 020102'],
  ['r of zero', '3006 020100 020102'],
  ['s of zero', '3006 020101 020100'],
  ['r of the curve order', `3026 0221 00${n.toString(16)} 020101`],
  ['an integer of 33 bytes', `3026 0221 01${'00'.repeat(32)} 020101`],
  ['too many bytes', `3048 0222 01${'00'.repeat(33)} 0222 01${'00'.repeat(33)}`],
] as const) {
  test(`refuses ${label}`, () => assert.throws(() => parseDerSignature(bytes(hex)), { code: 'WALLET_NOT_SIGNING' }))
}

test('agrees with another encoder on any signature', () => {
  const scalar = fc.bigInt({ min: 1n, max: n - 1n })
  fc.assert(
    fc.property(scalar, scalar, (r, s) => {
      assert.deepEqual(parseDerSignature(new secp256k1.Signature(r, s).toBytes('der')), { r, s })
    }),
  )
})

test('any bytes, and any damage to a signature, give a signature or a typed error', () => {
  const whole = bytes(`3046 ${LARGEST} ${LARGEST}`)
  const damaged = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, byte, length]) => {
    const copy = Buffer.from(whole)
    copy[at] = byte
    return copy.subarray(0, length)
  })
  const framed = fc
    .uint8Array({ maxLength: 70 })
    .map(inner => Buffer.concat([Buffer.from([0x30, inner.length]), inner]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged, framed), der => {
      try {
        const { r, s } = parseDerSignature(der)
        assert.ok(r >= 1n && r < n && s >= 1n && s < n)
        // One signature is written in one way only.
        assert.deepEqual(Buffer.from(new secp256k1.Signature(r, s).toBytes('der')), Buffer.from(der))
      } catch (fault) {
        assert.ok(fault instanceof ConnectorError, String(fault))
        assert.equal(fault.code, 'WALLET_NOT_SIGNING')
      }
    }),
    { numRuns: 2_000 },
  )
})
