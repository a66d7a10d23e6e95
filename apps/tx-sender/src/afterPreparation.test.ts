// What the contract's errors do to an answer: without a nonce yet, and with one whose transaction is stuck.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RpcError } from '@kms-connector/gateway'
import { type EntryStep, isUsedUp, stepAfter } from './afterPreparation.ts'
import { NOW } from './picture.test.ts'
import { type Preparation, refusalOf } from './refusal.ts'
import { reviewOf } from './reviewSlot.ts'

const word = (value: bigint | number) => BigInt(value).toString(16).padStart(64, '0')
const id = word((1n << 248n) + 1n)
const account = `${'0'.repeat(24)}${'ab'.repeat(20)}`
const counts = { acceptedBefore: 3, accepted: 3 }

/** Of a slot that is stuck: burn it, leave it, or ask again. */
type StuckSlot = 'useless' | 'fine' | 'no verdict'

/** Every error of the v0.11 response functions with its selector, then what nodes say. */
const errors: readonly (readonly [string, string | undefined, string, EntryStep['kind'], StuckSlot])[] = [
  ['NotKmsTxSender: rotated out, parks and pages', `0xaee86323${account}`, '', 'park', 'no verdict'],
  ['NotKmsSigner: parks and pages', `0x2a7c6ef6${account}`, '', 'park', 'no verdict'],
  ['KmsSignerDoesNotMatchTxSender: parks', `0x0d86f521${account}${account}`, '', 'park', 'no verdict'],
  ['DecryptionNotRequested: the node lags', `0xd48af942${id}`, '', 'refused', 'no verdict'],
  ['PrepKeygenNotRequested: the node lags', `0x0ab7f687${id}`, '', 'refused', 'no verdict'],
  ['KeygenNotRequested: the node lags', `0xadfab904${id}`, '', 'refused', 'no verdict'],
  ['CrsgenNotRequested: the node lags', `0x8d8c940a${id}`, '', 'refused', 'no verdict'],
  ['EnforcedPause: passes', '0xd93c0665', '', 'refused', 'no verdict'],
  ['EmptyKeyDigests: never acceptable', `0xe6f9083b${id}`, '', 'bury', 'useless'],
  ['ECDSAInvalidSignatureLength: never acceptable', `0xfce698f7${word(64)}`, '', 'bury', 'useless'],
  ['ECDSAInvalidSignatureS: never acceptable', `0xd78bce0c${word(1)}`, '', 'bury', 'useless'],
  ['ECDSAInvalidSignature: never acceptable', '0xf645eedf', '', 'bury', 'useless'],
  ['F14 KmsNodeAlreadySigned: success', `0x99ec48d9${id}${account}`, '', 'settled', 'useless'],
  ['F14 KmsAlreadySignedForPrepKeygen: success', `0x33ca1fe3${id}${account}`, '', 'settled', 'useless'],
  ['F14 KmsAlreadySignedForKeygen: success', `0x98fb957d${id}${account}`, '', 'settled', 'useless'],
  ['F14 KmsAlreadySignedForCrsgen: success', `0xfcf5a6e9${id}${account}`, '', 'settled', 'useless'],
  ['an unknown error of the contract', '0x12345678', '', 'refused', 'no verdict'],
  ['F12 empty wallet: parks', undefined, 'insufficient funds for gas * price + value', 'park', 'no verdict'],
  ['F18 a rate limit says nothing about the answer', undefined, 'Too Many Requests', 'ask-again', 'no verdict'],
]

for (const [label, data, text, step, stuckSlot] of errors) {
  test(label, () => {
    const preparation = refusalOf(
      new RpcError('eth_estimateGas', data === undefined ? -32000 : 3, text, data),
      undefined,
    )
    assert.equal(stepAfter({ parkedAfter: undefined }, preparation, counts).kind, step)
    assert.equal(reviewOf(preparation, NOW)?.verdict ?? 'no verdict', stuckSlot)
  })
}

test('F9 poisonous head: the answer of a burned nonce is buried with the error of the contract, or prepared anew', () => {
  const never = refusalOf(new RpcError('eth_estimateGas', 3, '', '0xf645eedf'), undefined)
  assert.equal(reviewOf(never, NOW)?.fate?.code, 'RESPONSE_REVERTED')
  assert.equal(reviewOf({ kind: 'answered', detail: '' }, NOW)?.fate, undefined)
  const ready: Preparation = { kind: 'ready', gas: 1n, call: { to: '0x01', data: '0x' } }
  assert.equal(reviewOf(ready, NOW)?.verdict, 'fine')
  assert.equal(reviewOf(ready, NOW, 'refused')?.verdict, 'fine')
})

test('F9 poisonous head: an answer that is too large for the node is buried although the contract takes it', () => {
  const ready: Preparation = { kind: 'ready', gas: 1n, call: { to: '0x01', data: '0x' } }
  const review = reviewOf(ready, NOW, 'oversized')
  assert.deepEqual([review?.verdict, review?.fate?.code], ['useless', 'RPC_REJECTED'])
  assert.equal(reviewOf({ kind: 'answered', detail: '' }, NOW, 'oversized')?.fate, undefined)
})

test('node rotation: one answer that is refused while others pass does not stop them', () => {
  const parked: Preparation = refusalOf(new RpcError('eth_estimateGas', 3, '', `0x2a7c6ef6${account}`), undefined)
  assert.equal(stepAfter({ parkedAfter: 3 }, parked, { acceptedBefore: 9, accepted: 4 }).kind, 'refused')
  assert.equal(stepAfter({ parkedAfter: 4 }, parked, { acceptedBefore: 9, accepted: 4 }).kind, 'park')
})

const budget = { attempts: 20, ageMs: 1_000 }
for (const [group, tries, ageMs, usedUp] of [
  ['decryption', 20, 1_000, true],
  ['decryption', 19, 9_000, false],
  ['decryption', 99, 999, false],
  ['key-management', 99, 99_000, false],
] as const) {
  test(`F20 poisoned response: ${group} after ${tries} tries and ${ageMs} ms is ${usedUp ? '' : 'not '}given up`, () => {
    assert.equal(isUsedUp(group, tries, ageMs, budget), usedUp)
  })
}
