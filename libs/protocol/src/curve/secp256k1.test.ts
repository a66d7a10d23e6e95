import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { recoverPublicKey } from 'viem'
import { privateKeyToAccount, sign as viemSign } from 'viem/accounts'
import { hexOf, uintBytes } from '../hex.ts'
import type { Curve } from './curve.ts'
import { loadNativeCurve } from './nativeCurve.ts'
import { nobleCurve } from './nobleCurve.ts'
import { CURVE_ORDER, secp256k1 } from './secp256k1.ts'

const nativeCurve = loadNativeCurve()
const curves: readonly (readonly [string, Curve])[] = [
  ['in JavaScript', nobleCurve],
  ...(nativeCurve ? [['native', nativeCurve] as const] : []),
]

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
/** Values at both ends of the ranges that matter, beside any others. */
const edges = [0n, 1n, CURVE_ORDER >> 1n, (CURVE_ORDER >> 1n) + 1n, CURVE_ORDER - 1n, CURVE_ORDER, 2n ** 256n - 1n]
const scalars = fc.oneof({ arbitrary: bytes32, weight: 3 }, fc.constantFrom(...edges.map(edge => uintBytes(edge, 32))))
const isKey = (key: Uint8Array) => BigInt(hexOf(key)) > 0n && BigInt(hexOf(key)) < CURVE_ORDER

test('machines that the package is built for use it', () => {
  const built = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`)
  if (built) assert.ok(nativeCurve)
  assert.equal(secp256k1 === nobleCurve, nativeCurve === undefined)
})

for (const [label, curve] of curves) {
  test(`signs as viem does, ${label}`, async () => {
    await fc.assert(
      fc.asyncProperty(scalars, scalars.filter(isKey), async (digest, key) => {
        const { compact, yParity } = curve.sign(digest, key)
        const expected = await viemSign({ hash: hexOf(digest), privateKey: hexOf(key) })
        // RFC 6979 reduces a digest above the order before it derives the nonce, libsecp256k1 does not: 1 in 2^128.
        if (BigInt(hexOf(digest)) < CURVE_ORDER) {
          assert.equal(hexOf(compact), `${expected.r}${expected.s.slice(2)}`)
          assert.equal(yParity, expected.yParity)
        }
        assert.ok(BigInt(hexOf(compact.subarray(32))) <= CURVE_ORDER >> 1n)
        const publicKey = curve.publicKeyOf(key)
        assert.ok(publicKey)
        assert.equal(hexOf(publicKey), privateKeyToAccount(hexOf(key)).publicKey)
        assert.deepEqual(Buffer.from(curve.recover(digest, compact, yParity) ?? []), Buffer.from(publicKey))
      }),
      { numRuns: 200 },
    )
  })

  test(`recovers the key that viem recovers, also of a high s, or none, ${label}`, async () => {
    await fc.assert(
      fc.asyncProperty(scalars, scalars, scalars, fc.constantFrom(0, 1), async (digest, r, s, yParity) => {
        const signature = { r: hexOf(r), s: hexOf(s), yParity }
        const expected = await recoverPublicKey({ hash: hexOf(digest), signature }).catch(() => undefined)
        const found = curve.recover(digest, Buffer.concat([r, s]), yParity)
        assert.equal(found && hexOf(found), expected)
      }),
      { numRuns: 200 },
    )
  })

  test(`a key outside of the range is none, and no error shows it, ${label}`, () => {
    for (const value of [0n, CURVE_ORDER, CURVE_ORDER + 0xc0ffeen, 2n ** 256n - 1n]) {
      const key = uintBytes(value, 32)
      assert.equal(curve.publicKeyOf(key), undefined)
      assert.throws(
        () => curve.sign(new Uint8Array(32), key),
        fault =>
          fault instanceof Error && !fault.message.includes(value === 0n ? '000000' : value.toString(16).slice(-12)),
      )
    }
  })
}
