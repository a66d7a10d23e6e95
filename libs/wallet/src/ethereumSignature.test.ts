import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { addressOfPublicKey, hexOf, type RecoverableSignature } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { recoverAddress } from 'viem'
import { ethereumSignature } from './ethereumSignature.ts'

const { n } = secp256k1.Point.CURVE()
const secret = new Uint8Array(32).fill(0x2a)
const key = secp256k1.getPublicKey(secret, false)
/** As viem wants it, which is asked for a second opinion. */
const serialized = ({ compact, yParity }: RecoverableSignature) => hexOf(Uint8Array.of(...compact, 27 + yParity))
const digestOf = (text: string) => createHash('sha256').update(text).digest()

test('high and low s give the same recoverable signature', async () => {
  const parities = new Set<number>()
  for (let i = 0; i < 16; i++) {
    const digest = digestOf(`message ${i}`)
    const plain = secp256k1.sign(digest, secret, { prehash: false, lowS: true, format: 'compact' })
    const { r, s } = secp256k1.Signature.fromBytes(plain, 'compact')
    const signature = ethereumSignature({ r, s: n - s }, digest, key)
    assert.deepEqual(signature, ethereumSignature({ r, s }, digest, key), `message ${i}`)
    assert.deepEqual(Buffer.from(signature.compact), Buffer.from(plain), `message ${i}`)
    const address = await recoverAddress({ hash: hexOf(digest), signature: serialized(signature) })
    assert.equal(address.toLowerCase(), addressOfPublicKey(key), `message ${i}`)
    parities.add(signature.yParity)
  }
  assert.deepEqual([...parities].sort(), [0, 1])
})

test('digests around the curve order are taken modulo the order', async () => {
  for (const value of [0n, 1n, n - 1n, n, n + 1n, 2n ** 256n - 1n]) {
    const hash = `0x${value.toString(16).padStart(64, '0')}` as const
    const digest = Buffer.from(hash.slice(2), 'hex')
    const plain = secp256k1.sign(digest, secret, { prehash: false, lowS: false, format: 'compact' })
    const { r, s } = secp256k1.Signature.fromBytes(plain, 'compact')
    const signature = serialized(ethereumSignature({ r, s }, digest, key))
    assert.equal((await recoverAddress({ hash, signature })).toLowerCase(), addressOfPublicKey(key), hash)
  }
})

test('a signature by another key, over another digest, or made up is refused', () => {
  const digest = digestOf('message')
  const refused = (r: bigint, s: bigint, over: Buffer, label: string) =>
    assert.throws(() => ethereumSignature({ r, s }, over, key), { code: 'WALLET_NOT_SIGNING' }, label)
  const other = secp256k1.sign(digest, new Uint8Array(32).fill(0x2b), { prehash: false, format: 'compact' })
  const foreign = secp256k1.Signature.fromBytes(other, 'compact')
  refused(foreign.r, foreign.s, digest, 'another key')
  const own = secp256k1.Signature.fromBytes(
    secp256k1.sign(digest, secret, { prehash: false, format: 'compact' }),
    'compact',
  )
  refused(own.r, own.s, digestOf('another message'), 'another digest')
  refused(own.s, own.r, digest, 'r and s exchanged')
  refused(1n, 1n, digest, 'made up')
  refused(n - 1n, n - 1n, Buffer.alloc(32), 'made up, zero digest')
  // z + r * d = 0 leads to the point at infinity.
  const r = 5n
  const z = secp256k1.Point.Fn.neg(secp256k1.Point.Fn.mul(r, BigInt(hexOf(secret))))
  refused(r, 1n, Buffer.from(z.toString(16).padStart(64, '0'), 'hex'), 'infinity')
})
