export { privateKeyWallet } from './privateKey.ts'
export {
  type DigestSignature,
  type SignDigest,
  type SignedTransaction,
  type UnsignedTransaction,
  Wallet,
} from './wallet.ts'
