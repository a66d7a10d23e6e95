import { ConnectorError, type Hex } from '@kms-connector/protocol'
import { privateKeyToAccount, sign } from 'viem/accounts'
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
  const privateKey: Hex = `0x${hex.toLowerCase()}`
  const address = addressOf(privateKey)
  return new Wallet(address, async digest => {
    const { r, s, yParity } = await sign({ hash: digest, privateKey })
    if (yParity === undefined) throw new TypeError('the signature has no recovery id')
    return { r, s, yParity }
  })
}

function addressOf(privateKey: Hex): Hex {
  try {
    return privateKeyToAccount(privateKey).address.toLowerCase() as Hex // CAST: lower case keeps the 0x prefix
  } catch {
    // The fault underneath may quote the key.
    throw new ConnectorError('WALLET_UNUSABLE', 'the private key is outside the range of the curve')
  }
}
