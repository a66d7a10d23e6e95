import { ConnectorError } from '@kms-connector/protocol'
import type { AwsKmsOptions } from './awsKms.ts'
import type { AwsKmsKey } from './awsKmsKey.ts'
import { loadKeyFile } from './keyFile.ts'
import { loadAwsKmsWallet } from './loadAwsKms.ts'
import { privateKeyWallet } from './privateKey.ts'
import type { Wallet } from './wallet.ts'

/** A text that is given out on request only, so that it prints nowhere by accident. */
interface Concealed {
  reveal(): string
}

/** Every place a wallet may come from. */
export interface WalletSources {
  readonly privateKey?: Concealed | undefined
  readonly awsKms?: AwsKmsKey | undefined
  readonly keyFile?: { readonly path: string; readonly passwordFile?: string | undefined } | undefined
  readonly mnemonic?: { readonly words: Concealed; readonly accountIndex: number } | undefined
}

export type WalletKind = 'private key' | 'AWS KMS key' | 'key file' | 'mnemonic'

export interface OpenedWallet {
  readonly wallet: Wallet
  readonly kind: WalletKind
  /** To be logged, each as a warning: the wallet works, but not as it should in production. */
  readonly warnings: readonly string[]
}

/** What opening one source gives. */
interface Opening {
  readonly kind: WalletKind
  readonly open: () => Promise<Omit<OpenedWallet, 'kind'>>
}

/**
 * Opens the first configured wallet: private key, AWS KMS, key file, mnemonic, in this order. The others are not looked
 * at: a fault in the one that counts is never covered up by another wallet.
 *
 * @param options of AWS KMS
 * @throws ConnectorError WALLET_UNUSABLE when there is none or it cannot be used; WALLET_NOT_SIGNING when a signing
 * service cannot be reached, which may pass
 */
export async function openWallet(sources: WalletSources, options: AwsKmsOptions = {}): Promise<OpenedWallet> {
  const configured = openingsOf(sources, options)
  const [first, ...others] = configured
  if (first === undefined) {
    throw new ConnectorError(
      'WALLET_UNUSABLE',
      'no wallet is configured: give a private key, an AWS KMS key, a key file or a mnemonic',
    )
  }
  const { wallet, warnings } = await first.open()
  return { wallet, kind: first.kind, warnings: [...warnings, ...unused(first, others)] }
}

function openingsOf({ privateKey, awsKms, keyFile, mnemonic }: WalletSources, options: AwsKmsOptions): Opening[] {
  const openings: Opening[] = []
  if (privateKey) {
    const open = async () => ({ wallet: privateKeyWallet(privateKey.reveal()), warnings: [inSettings('private key')] })
    openings.push({ kind: 'private key', open })
  }
  if (awsKms) {
    const open = async () => ({ wallet: await loadAwsKmsWallet(awsKms, options), warnings: [] })
    openings.push({ kind: 'AWS KMS key', open })
  }
  if (keyFile) openings.push({ kind: 'key file', open: () => loadKeyFile(keyFile.path, keyFile.passwordFile) })
  if (mnemonic) {
    const { words, accountIndex } = mnemonic
    const open = async () => {
      // Word list and key derivation are of no use to other wallets.
      const { mnemonicWallet } = await import('./mnemonic.ts')
      return { wallet: mnemonicWallet(words.reveal(), accountIndex), warnings: [inSettings('mnemonic')] }
    }
    openings.push({ kind: 'mnemonic', open })
  }
  return openings
}

function inSettings(what: string): string {
  return (
    `the wallet is a raw ${what} in the settings: whoever reads the settings, a backup of them or the environment of ` +
    'this process can spend from it. This is for development; use AWS KMS in production'
  )
}

function unused(first: Opening, others: readonly Opening[]): readonly string[] {
  if (others.length === 0) return []
  const names = others.map(({ kind }) => kind).join(' and ')
  return [`more than one wallet is configured: the ${first.kind} is used, the ${names} is not`]
}
