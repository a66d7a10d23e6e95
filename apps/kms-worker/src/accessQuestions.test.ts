import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hex } from '@kms-connector/protocol'
import { denial, publicDecryptionQuestions, userDecryptionQuestions } from './accessQuestions.ts'

const handleOn = (chainId: number, fheType: number): Hex =>
  `0x${'ab'.repeat(21)}ff${chainId.toString(16).padStart(16, '0')}${fheType.toString(16).padStart(2, '0')}00`
const h1 = handleOn(12345, 5)
const h2 = handleOn(67890, 0)
const user = `0x${'11'.repeat(20)}` as const
const contract = `0x${'22'.repeat(20)}` as const
const delegator = `0x${'33'.repeat(20)}` as const

test('a public decryption asks for every handle on its own chain', () => {
  assert.deepEqual(publicDecryptionQuestions([h1, h2]), [
    { chainId: 12345n, handle: h1, ask: 'public' },
    { chainId: 67890n, handle: h2, ask: 'public' },
  ])
})

test('a direct user decryption asks for user and contract', () => {
  const calldata = { contractsOf: new Map([[h1, [contract]]]), delegator: undefined }
  assert.deepEqual(userDecryptionQuestions([h1], user, calldata), [
    { chainId: 12345n, handle: h1, ask: 'allowed', account: user },
    { chainId: 12345n, handle: h1, ask: 'allowed', account: contract },
  ])
})

test('a delegated user decryption asks for the delegation, the delegator and the contract', () => {
  const calldata = { contractsOf: new Map([[h1, [contract]]]), delegator }
  assert.deepEqual(userDecryptionQuestions([h1], user, calldata), [
    { chainId: 12345n, handle: h1, ask: 'delegated', delegator, delegate: user, contract },
    { chainId: 12345n, handle: h1, ask: 'allowed', account: delegator },
    { chainId: 12345n, handle: h1, ask: 'allowed', account: contract },
  ])
})

test('a handle that the calldata does not name is refused', () => {
  const calldata = { contractsOf: new Map([[h1, [contract]]]), delegator: undefined }
  assert.throws(() => userDecryptionQuestions([h2], user, calldata), { code: 'CALLDATA_UNDECODABLE' })
})

test('a malformed handle is refused', () => {
  assert.throws(() => publicDecryptionQuestions(['0x1234']), { code: 'HANDLE_MALFORMED' })
  assert.throws(() => publicDecryptionQuestions([handleOn(1, 1)]), { code: 'HANDLE_MALFORMED' })
})

test('a denial is worth another try and says who was denied what', () => {
  const error = denial({ chainId: 12345n, handle: h1, ask: 'allowed', account: user })
  assert.equal(error.disposition, 'retry')
  assert.match(error.message, new RegExp(user))
  assert.match(error.message, /12345/)
})

test('a handle under two contracts needs the right of both', () => {
  const calldata = { contractsOf: new Map([[h1, [contract, user]]]), delegator: undefined }
  const asked = userDecryptionQuestions([h1], delegator, calldata)
  assert.deepEqual(
    asked.map(question => (question.ask === 'allowed' ? question.account : question.ask)),
    [delegator, contract, user],
  )
})
