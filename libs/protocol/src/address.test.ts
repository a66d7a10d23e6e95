import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { getAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { addressOfPublicKey, checksumAddress } from './address.ts'
import { secp256k1 } from './curve/secp256k1.ts'
import { hexOf } from './hex.ts'

test('the checksum is that of EIP-55', () => {
  const address = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045'
  assert.equal(checksumAddress('0xd8da6bf26964af9d7eed9e03e53415d37aa96045'), address)
  assert.equal(checksumAddress(address), address)
})

test('the checksum of any address is that of viem', () => {
  const addresses = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(hexOf)
  fc.assert(fc.property(addresses, address => assert.equal(checksumAddress(address), getAddress(address))))
})

test('the address of any public key is that of viem', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), privateKey => {
      const publicKey = secp256k1.publicKeyOf(privateKey)
      fc.pre(publicKey !== undefined)
      assert.equal(addressOfPublicKey(publicKey), privateKeyToAccount(hexOf(privateKey)).address.toLowerCase())
    }),
  )
})
