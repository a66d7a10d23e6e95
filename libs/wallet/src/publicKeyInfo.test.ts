import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { addressOfPublicKey, ConnectorError } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { parsePublicKeyInfo } from './publicKeyInfo.ts'

const spki = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' })

/** First account of the well-known development mnemonic, through the encoder of OpenSSL. */
function knownKey(): Buffer {
  const key = Buffer.from('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', 'hex')
  // RFC 5915 with the curve as parameters; OpenSSL computes the public key.
  const der = Buffer.concat([Buffer.from('302e0201010420', 'hex'), key, Buffer.from('a00706052b8104000a', 'hex')])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'sec1' })
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
}

test('a public key gives its address', () => {
  assert.equal(addressOfPublicKey(parsePublicKeyInfo(knownKey())), '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
})

test('reads what OpenSSL writes', () => {
  for (let i = 0; i < 20; i++) {
    const der = spki('secp256k1')
    assert.deepEqual(Buffer.from(parsePublicKeyInfo(der)), der.subarray(23), `key ${i}`)
  }
})

const good = knownKey()
const compressed = Buffer.concat([
  good.subarray(0, 23),
  Buffer.from(secp256k1.Point.fromBytes(parsePublicKeyInfo(good)).toBytes(true)),
])
const off = Buffer.from(good)
off[87] = (off[87] ?? 0) ^ 1
for (const [label, der] of [
  ['nothing', Buffer.alloc(0)],
  ['another curve', spki('prime256v1')],
  ['another curve of the same size', spki('brainpoolP256r1')],
  ['an RSA key', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'der', type: 'spki' })],
  ['a compressed point', compressed],
  ['a point that is not on the curve', off],
  ['a point of zeros', Buffer.concat([good.subarray(0, 24), Buffer.alloc(64)])],
  ['another form of point', Buffer.concat([good.subarray(0, 23), Buffer.from([6]), good.subarray(24)])],
  ['a trailing byte', Buffer.concat([good, Buffer.alloc(1)])],
  ['a missing byte', good.subarray(0, 87)],
  ['the bare point', good.subarray(23)],
] as const) {
  test(`refuses ${label}`, () => assert.throws(() => parsePublicKeyInfo(der), { code: 'WALLET_UNUSABLE' }))
}

test('any bytes, and any damage to a key, give a key or a typed error', () => {
  const damaged = fc.tuple(fc.nat(87), fc.nat(255), fc.nat(88)).map(([at, byte, length]) => {
    const copy = Buffer.from(good)
    copy[at] = byte
    return copy.subarray(0, length)
  })
  const point = fc.uint8Array({ minLength: 65, maxLength: 65 }).map(tail => Buffer.concat([good.subarray(0, 23), tail]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), damaged, point), der => {
      try {
        assert.match(addressOfPublicKey(parsePublicKeyInfo(der)), /^0x[0-9a-f]{40}$/)
      } catch (fault) {
        assert.ok(fault instanceof ConnectorError, String(fault))
        assert.equal(fault.code, 'WALLET_UNUSABLE')
      }
    }),
    { numRuns: 1_000 },
  )
})
