import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { mnemonicWallet } from './mnemonic.ts'

const WORDS = 'test test test test test test test test test test test junk'
const ABANDON = `${'abandon '.repeat(11)}about`

for (const [words, index, address] of [
  [WORDS, 0, '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'],
  [WORDS, 1, '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'],
  [`  ${WORDS.toUpperCase().replaceAll(' ', '\n')}\n`, 9, '0xa0ee7a142d267c1f36714e4a8f75612f20a79720'],
  [ABANDON, 0, '0x9858effd232b4033e47d90003d41ec34ecaeda94'],
] as const) {
  test(`account ${index} of ${words.trim().slice(0, 7)}... is ${address}`, () => {
    assert.equal(mnemonicWallet(words, index).address, address)
  })
}

for (const [label, words, message] of [
  ['nothing', '  ', /this one has 0/],
  ['11 words', ABANDON.slice(8), /this one has 11/],
  ['a word that is none', WORDS.replace('junk', 'jnuk'), /not in the English list of BIP-39, at 12/],
  ['words that are none', `zebra2 ${WORDS.slice(5).replace('junk', 'jnuk')}`, /at 1, 12/],
  ['another order', `junk ${WORDS.slice(0, -5)}`, /checksum/],
  ['a private key', 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', /this one has 1$/],
] as const) {
  test(`refuses ${label} and shows no word`, () => {
    assert.throws(
      () => mnemonicWallet(words, 0),
      fault =>
        fault instanceof ConnectorError &&
        fault.code === 'WALLET_UNUSABLE' &&
        message.test(fault.message) &&
        !/test|junk|jnuk|abandon|zebra|ac0974/.test(fault.message) &&
        fault.cause === undefined,
    )
  })
}

for (const index of [-1, 0.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`refuses account ${index}`, () => {
    assert.throws(() => mnemonicWallet(WORDS, index), { code: 'WALLET_UNUSABLE', message: /account index/ })
  })
}
