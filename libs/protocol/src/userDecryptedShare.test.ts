import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUserDecryptedShare } from './userDecryptedShare.ts'

test('the golden vector of the bincode encoding', () => {
  const share = encodeUserDecryptedShare({
    verificationKey: Uint8Array.of(1, 2),
    digest: Uint8Array.of(3),
    signcryptedCiphertexts: [
      { fheType: 5, signcryptedCiphertext: Uint8Array.of(9), externalHandle: Uint8Array.of(7), packingFactor: 1 },
    ],
    partyId: 1,
    degree: 0,
  })
  const golden =
    '0x02000000000000000102010000000000000003010000000000000005000000010000000000000009010000000000000007010000000100000000000000'
  assert.equal(share, golden)
})

test('an empty payload is lengths only', () => {
  const empty = {
    verificationKey: new Uint8Array(),
    digest: new Uint8Array(),
    signcryptedCiphertexts: [],
    partyId: 0,
    degree: 0,
  }
  assert.equal(encodeUserDecryptedShare(empty), `0x${'00'.repeat(32)}`)
})
