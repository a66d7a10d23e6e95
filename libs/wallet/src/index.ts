export { type AwsKmsOptions, loadAwsKmsWallet } from './awsKms.ts'
export type { AwsKmsCall, AwsKmsObserver } from './awsKmsCaller.ts'
export type { AwsKmsKey } from './awsKmsKey.ts'
export { type KeyFileWallet, loadKeyFile } from './keyFile.ts'
export { mnemonicWallet } from './mnemonic.ts'
export { type OpenedWallet, openWallet, type WalletKind, type WalletSources } from './openWallet.ts'
export { privateKeyWallet } from './privateKey.ts'
export {
  type DigestSignature,
  type SignDigest,
  type SignedTransaction,
  type UnsignedTransaction,
  Wallet,
} from './wallet.ts'
