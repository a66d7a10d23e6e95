import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAbi, toFunctionSelector } from 'viem'
import { type RevertMeaning, revertMeaning } from './contractErrors.ts'

const word = (value: bigint | number) => BigInt(value).toString(16).padStart(64, '0')
const id = word((1n << 248n) + 1n)
const account = `${'0'.repeat(24)}${'ab'.repeat(20)}`

/** Selectors of the deployed v0.11 contracts, not computed. */
const errors: readonly (readonly [string, string, RevertMeaning['kind'], RegExp])[] = [
  ['0xaee86323', account, 'park', /^NotKmsTxSender\(0xabab/i],
  ['0xd48af942', id, 'not-yet', /^DecryptionNotRequested\(4523128/],
  ['0x0ab7f687', id, 'not-yet', /^PrepKeygenNotRequested\(/],
  ['0xadfab904', id, 'not-yet', /^KeygenNotRequested\(/],
  ['0x8d8c940a', id, 'not-yet', /^CrsgenNotRequested\(/],
  ['0xe6f9083b', id, 'refused', /^EmptyKeyDigests\(/],
  ['0xfce698f7', word(64), 'refused', /^ECDSAInvalidSignatureLength\(64\)$/],
  ['0xd78bce0c', word(1), 'refused', /^ECDSAInvalidSignatureS\(0x0+1\)$/],
  ['0xf645eedf', '', 'refused', /^ECDSAInvalidSignature\(\)$/],
  ['0x2a7c6ef6', account, 'park', /^NotKmsSigner\(0xabab/i],
  ['0x0d86f521', account + account, 'park', /^KmsSignerDoesNotMatchTxSender\(0xabab\w+, 0xabab/i],
  ['0x99ec48d9', id + account, 'answered', /^KmsNodeAlreadySigned\(/],
  ['0x33ca1fe3', id + account, 'answered', /^KmsAlreadySignedForPrepKeygen\(/],
  ['0x98fb957d', id + account, 'answered', /^KmsAlreadySignedForKeygen\(/],
  ['0xfcf5a6e9', id + account, 'answered', /^KmsAlreadySignedForCrsgen\(/],
  ['0xd93c0665', '', 'not-yet', /^EnforcedPause\(\)$/],
]

for (const [selector, args, kind, text] of errors) {
  test(`${selector} means ${kind}`, () => {
    const meaning = revertMeaning(selector + args)
    assert.equal(meaning.kind, kind)
    assert.match(meaning.error, text)
    assert.deepEqual(revertMeaning((selector + args).toUpperCase().replace('0X', '0x')), meaning)
  })
}

const codes: readonly (readonly [string, string, string])[] = [
  ['0xaee86323', account, 'WALLET_NOT_REGISTERED'],
  ['0x2a7c6ef6', account, 'SIGNER_NOT_REGISTERED'],
  ['0x0d86f521', account + account, 'SIGNER_NOT_REGISTERED'],
]

for (const [selector, args, code] of codes) {
  test(`${selector} parks the sender with ${code}`, () => {
    const meaning = revertMeaning(selector + args)
    assert.equal(meaning.kind === 'park' ? meaning.code : meaning.kind, code)
  })
}

const text = `0x08c379a0${word(32)}${word(3)}${Buffer.from('why').toString('hex').padEnd(64, '0')}`
const unknown: readonly (readonly [string, string | undefined, string])[] = [
  ['no data', undefined, 'reverted without data'],
  ['empty data', '0x', 'reverted without data'],
  ['an empty text', '', 'reverted without data'],
  ['three bytes', '0x99ec48', 'reverted with 0x99ec48'],
  ['another error', `0x4331a85d${word(1)}`, `reverted with 0x4331a85d${word(1)}`],
  ['a reason in words', text, 'Error(why)'],
  ['a panic', `0x4e487b71${word(17)}`, 'Panic(17)'],
  ['garbage', 'garbage', 'reverted with garbage'],
  ['a selector whose arguments are missing', '0x99ec48d9', 'reverted with 0x99ec48d9'],
  ['a selector whose arguments are cut', `0x99ec48d9${word(1)}`, `reverted with 0x99ec48d9${word(1)}`],
  [
    'a selector whose arguments are no hex',
    `0x99ec48d9${'z'.repeat(128)}`,
    `reverted with 0x99ec48d9${'z'.repeat(64)}`,
  ],
]

for (const [label, data, error] of unknown) {
  test(`unknown: ${label}`, () => assert.deepEqual(revertMeaning(data), { kind: 'unknown', error }))
}

const [already, notRequested] = parseAbi([
  'error AlreadySigned(uint256 id, address signer)',
  'error NotRequested(uint256 id)',
])
const own = { answered: [already], notYet: [notRequested] }
const named: readonly (readonly [string, string, RevertMeaning['kind']])[] = [
  [toFunctionSelector('AlreadySigned(uint256,address)'), id + account, 'answered'],
  [toFunctionSelector('NotRequested(uint256)'), id, 'not-yet'],
  ['0x98fb957d', id + account, 'answered'],
]

for (const [selector, args, kind] of named) {
  test(`${selector} means ${kind} to a function that names its own errors`, () => {
    assert.equal(revertMeaning(selector + args, own).kind, kind)
  })
}

test('an error that a function does not name means nothing to it', () => {
  const data = toFunctionSelector('AlreadySigned(uint256,address)') + id + account
  assert.equal(revertMeaning(data).kind, 'unknown')
})

test('a reason of a megabyte is neither decoded nor shown', () => {
  const size = 1024 * 1024
  const meaning = revertMeaning(`0x08c379a0${word(32)}${word(size)}${'61'.repeat(size)}`)
  assert.equal(meaning.kind, 'unknown')
  assert.ok(meaning.error.length < 400)
})

test('any data has a meaning', () => {
  const selector = fc.constantFrom('', '0x08c379a0', ...errors.map(([known]) => known))
  const bytes = fc.uint8Array({ maxLength: 200 }).map(b => Buffer.from(b).toString('hex'))
  fc.assert(
    fc.property(selector, fc.oneof(bytes, fc.string()), (some, rest) => {
      const meaning = revertMeaning(some + rest)
      assert.ok(meaning.error.length > 0 && meaning.error.length < 400)
    }),
  )
})
