import { ConnectorError, type Hex, hexOf } from '@kms-connector/protocol'
import { decryptKeystore } from './keystore.ts'
import { privateKeyWallet } from './privateKey.ts'
import { readSecretFile } from './secretFile.ts'
import type { Wallet } from './wallet.ts'

/** A keystore has about 500 bytes. */
const MAX_KEY_FILE_BYTES = 64 * 1024
const MAX_PASSWORD_FILE_BYTES = 4 * 1024

export interface KeyFileWallet {
  readonly wallet: Wallet
  /** What an operator should change although the wallet works. */
  readonly warnings: readonly string[]
}

/**
 * The wallet of a key file: 32 raw bytes, the same as hex text with or without 0x, or an encrypted JSON keystore.
 *
 * @param passwordFile holds the password of a keystore in its only line; line ends after it do not belong to it
 * @throws ConnectorError WALLET_UNUSABLE; content of the files is never repeated
 */
export async function loadKeyFile(path: string, passwordFile?: string): Promise<KeyFileWallet> {
  const { bytes, warnings } = await readSecretFile(path, 'key file', MAX_KEY_FILE_BYTES)
  const content = parseKeyFile(bytes)
  if (content.kind === 'keystore') {
    const opened = await openKeystore(content.text, passwordFile)
    return { wallet: opened.wallet, warnings: [...warnings, ...opened.warnings] }
  }
  const unused = passwordFile === undefined ? [] : ['the key file is not encrypted, its password file is not used']
  const plain =
    'the key file is not encrypted: whoever reads it can spend from this wallet. Use AWS KMS or an encrypted keystore'
  return { wallet: privateKeyWallet(content.key), warnings: [...warnings, plain, ...unused] }
}

export type KeyFileContent =
  | { readonly kind: 'plain'; readonly key: Hex }
  | { readonly kind: 'keystore'; readonly text: string }

/**
 * Tells the three formats apart.
 * @throws ConnectorError WALLET_UNUSABLE for anything else
 */
export function parseKeyFile(bytes: Uint8Array): KeyFileContent {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim()
  // 32 printable characters are a text that was cut short; a random key looks like that once in 10^13.
  const printable = bytes.every(byte => byte >= 0x20 && byte < 0x7f)
  if (bytes.length === 32 && !printable) return { kind: 'plain', key: hexOf(bytes) }
  if (text.startsWith('{')) return { kind: 'keystore', text }
  const digits = /^(?:0x)?([0-9a-f]{64})$/i.exec(text)?.[1]
  if (digits !== undefined) return { kind: 'plain', key: `0x${digits.toLowerCase()}` }
  throw new ConnectorError(
    'WALLET_UNUSABLE',
    `the key file is neither 32 raw bytes nor 64 hex digits nor a JSON keystore; it has ${bytes.length} bytes`,
  )
}

async function openKeystore(text: string, passwordFile: string | undefined): Promise<KeyFileWallet> {
  if (passwordFile === undefined) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the key file is encrypted and no password file is configured')
  }
  const password = await readSecretFile(passwordFile, 'password file', MAX_PASSWORD_FILE_BYTES)
  const { key, address } = await decryptKeystore(text, onlyLine(password.bytes))
  const wallet = privateKeyWallet(key)
  if (address !== undefined && wallet.address !== `0x${address}`) {
    throw new ConnectorError('WALLET_UNUSABLE', `the keystore holds the key of ${wallet.address} and claims another`)
  }
  return { wallet, warnings: password.warnings }
}

function onlyLine(bytes: Buffer): Buffer {
  const end = bytes.findIndex(byte => byte === 0x0a || byte === 0x0d)
  const rest = end < 0 ? Buffer.alloc(0) : bytes.subarray(end)
  // A second line is a sign of another file than meant; which of the lines counts must not be guessed.
  if (rest.some(byte => byte !== 0x0a && byte !== 0x0d)) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the password file has more than one line')
  }
  return end < 0 ? bytes : bytes.subarray(0, end)
}
