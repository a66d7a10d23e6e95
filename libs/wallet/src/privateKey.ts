import { addressOfPublicKey, bytesOf, ConnectorError, secp256k1 } from '@kms-connector/protocol'
import { Wallet } from './wallet.ts'

/**
 * A wallet from a raw private key: for development, a key in the settings is a key in every backup of them.
 * @param key 32 bytes of hex, with or without 0x
 * @throws ConnectorError WALLET_UNUSABLE; the message never contains the key
 */
export function privateKeyWallet(key: string): Wallet {
  const hex = key.trim().replace(/^0x/i, '')
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new ConnectorError('WALLET_UNUSABLE', `a private key is 64 hex digits, this one has ${hex.length} characters`)
  }
  const privateKey = bytesOf(`0x${hex}`)
  const publicKey = secp256k1.publicKeyOf(privateKey)
  if (!publicKey) throw new ConnectorError('WALLET_UNUSABLE', 'the private key is outside the range of the curve')
  return new Wallet(addressOfPublicKey(publicKey), async digest => secp256k1.sign(digest, privateKey))
}
