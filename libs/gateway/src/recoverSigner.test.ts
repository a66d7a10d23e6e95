import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConnectorError,
  type Hex,
  hexOf,
  OPERATIONS_V0_11,
  OperationTable,
  requestIdOf,
  typedDataDigest,
} from '@kms-connector/protocol'
import fc from 'fast-check'
import { recoverAddress } from 'viem'
import { privateKeyToAccount, sign } from 'viem/accounts'
import { recoverSigner } from './recoverSigner.ts'

const verifyingContract = `0x${'c0'.repeat(20)}` as const
const domain = { name: 'Decryption', version: '1', chainId: 54321, verifyingContract }
const signature = `0x${'00'.repeat(65)}` as const
const materials = [`0x${'ab'.repeat(32)}`, `0x${'cd'.repeat(32)}`].map(ctHandle => ({ ctHandle }))
const publicData = new OperationTable(OPERATIONS_V0_11)
  .named('public-decryption')
  .signed(requestIdOf(1n), { materials, extraData: '0x00' }, { decryptedResult: '0x2a', extraData: '0x', signature })
const digest = hexOf(typedDataDigest(domain, publicData))

test('who signed is found, in lower case', async () => {
  const privateKey = `0x${'46'.repeat(32)}` as const
  const signed = await sign({ hash: digest, privateKey, to: 'hex' })
  assert.equal(signed.length, 132)
  const { address } = privateKeyToAccount(privateKey)
  assert.equal(recoverSigner(domain, publicData, signed), address.toLowerCase())
  const elsewhere = recoverSigner({ ...domain, chainId: 1 }, publicData, signed)
  assert.notEqual(elsewhere, address.toLowerCase())
})

const impossible: readonly (readonly [string, Hex])[] = [
  ['nothing', '0x'],
  ['64 bytes', `0x${'11'.repeat(64)}`],
  ['66 bytes', `0x${'11'.repeat(66)}`],
  ['v of 17', `0x${'11'.repeat(65)}`],
  ['r and s of zero', `0x${'00'.repeat(64)}1b`],
  ['r and s above the group order', `0x${'ff'.repeat(64)}1b`],
  ['r that is no point', `0x${'11'.repeat(64)}1b`],
]

for (const [label, bytes] of impossible) {
  test(`no key can have made the signature: ${label}`, () => {
    assert.throws(() => recoverSigner(domain, publicData, bytes), { code: 'CORE_SIGNATURE_INVALID' })
  })
}

test('any 65 bytes name the signer that viem finds, or are refused with a code where viem finds none', async () => {
  const bytes = fc.uint8Array({ minLength: 65, maxLength: 65 })
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(0, 1, 27, 28, undefined), async (some, v) => {
      if (v !== undefined) some[64] = v
      const expected = await recoverAddress({ hash: digest, signature: hexOf(some) }).catch(() => undefined)
      try {
        assert.equal(recoverSigner(domain, publicData, hexOf(some)), expected?.toLowerCase())
      } catch (fault) {
        assert.ok(fault instanceof ConnectorError, String(fault))
        assert.equal(fault.code, 'CORE_SIGNATURE_INVALID')
        assert.equal(expected, undefined)
      }
    }),
    { numRuns: 200 },
  )
})
