import { ConnectorError, hexOf } from '@kms-connector/protocol'
import { HDKey } from '@scure/bip32'
import { mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { privateKeyWallet } from './privateKey.ts'
import type { Wallet } from './wallet.ts'

/** BIP-39 knows these lengths only. */
const WORD_COUNTS = [12, 15, 18, 21, 24]
/** BIP-32: indexes from here on are hardened ones. */
const FIRST_HARDENED = 2 ** 31

/**
 * The wallet at `m/44'/60'/0'/0/<index>` of a BIP-39 mnemonic (English words, no passphrase), which is where Ethereum
 * wallets look by BIP-44.
 *
 * @param mnemonic words separated by white space, in any case
 * @param accountIndex 0 to 2^31 - 1
 * @throws ConnectorError WALLET_UNUSABLE; the message names the position of a wrong word, never a word
 */
export function mnemonicWallet(mnemonic: string, accountIndex: number): Wallet {
  if (!Number.isSafeInteger(accountIndex) || accountIndex < 0 || accountIndex >= FIRST_HARDENED) {
    throw new ConnectorError('WALLET_UNUSABLE', `the account index ${accountIndex} is not 0 to ${FIRST_HARDENED - 1}`)
  }
  const words = mnemonic.normalize('NFKD').toLowerCase().trim().split(/\s+/)
  const fault = faultOf(words)
  if (fault !== undefined) throw new ConnectorError('WALLET_UNUSABLE', fault)
  const root = HDKey.fromMasterSeed(mnemonicToSeedSync(words.join(' ')))
  const { privateKey } = root.derive(`m/44'/60'/0'/0/${accountIndex}`)
  if (privateKey === null) throw new ConnectorError('WALLET_UNUSABLE', 'the mnemonic gives no private key')
  return privateKeyWallet(hexOf(privateKey))
}

function faultOf(words: readonly string[]): string | undefined {
  const count = words[0] === '' ? 0 : words.length
  if (!WORD_COUNTS.includes(count)) return `a mnemonic has ${WORD_COUNTS.join(', ')} words, this one has ${count}`
  const known = new Set(wordlist)
  const wrong = words.flatMap((word, index) => (known.has(word) ? [] : [index + 1]))
  if (wrong.length > 0)
    return `the mnemonic has words that are not in the English list of BIP-39, at ${wrong.join(', ')}`
  if (validateMnemonic(words.join(' '), wordlist)) return undefined
  return 'the mnemonic fails its checksum: a word is wrong, or the order is'
}
