import { createDecipheriv, timingSafeEqual } from 'node:crypto'
import { ConnectorError, type Hex, hexOf, keccak256, parseJsonWithin } from '@kms-connector/protocol'
import { z } from 'zod'
import { deriveKey, kdfSchema } from './keystoreKdf.ts'

const hexBytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${length * 2}}$`, 'i'))
    .transform(text => Buffer.from(text, 'hex'))

const cryptoSchema = z
  .object({
    cipher: z.literal('aes-128-ctr'),
    cipherparams: z.object({ iv: hexBytes(16) }),
    // The cipher keeps lengths: this is a private key of 32 bytes.
    ciphertext: hexBytes(32),
    mac: hexBytes(32),
  })
  .and(kdfSchema)

const keystoreSchema = z.object({ version: z.literal(3), address: z.string().optional(), crypto: cryptoSchema })

export interface DecryptedKeystore {
  readonly key: Hex
  /** Lower-case address without 0x that the file claims for the key; some writers leave it out on purpose. */
  readonly address: string | undefined
}

/**
 * Decrypts an Ethereum keystore, Web3 Secret Storage version 3: the key derivation gives 32 bytes, the first half is the
 * AES-128-CTR key, the second half authenticates the ciphertext with `keccak256(second half + ciphertext)`.
 *
 * @param password its exact bytes
 * @throws ConnectorError WALLET_UNUSABLE; neither content of the file nor the password is repeated
 */
export async function decryptKeystore(text: string, password: Uint8Array): Promise<DecryptedKeystore> {
  const { address, crypto } = parseKeystore(text)
  const derived = await deriveKey(crypto, password)
  const mac = keccak256(Buffer.concat([derived.subarray(16, 32), crypto.ciphertext]))
  if (!timingSafeEqual(mac, crypto.mac)) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the password does not open the keystore, or the keystore is damaged')
  }
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), crypto.cipherparams.iv)
  const key = hexOf(Buffer.concat([decipher.update(crypto.ciphertext), decipher.final()]))
  return { key, address: address?.toLowerCase().replace(/^0x/, '') }
}

function parseKeystore(text: string): z.infer<typeof keystoreSchema> {
  const { data, error } = keystoreSchema.safeParse(parseJson(text))
  if (error === undefined) return data
  // Names of fields only: messages of the parser may quote values.
  const places = [...new Set(error.issues.map(issue => issue.path.join('.') || 'the file itself'))].slice(0, 8)
  throw new ConnectorError(
    'WALLET_UNUSABLE',
    `the keystore is not one of version 3 as known here: ${places.join(', ')}`,
  )
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = parseJsonWithin(text)
    if (typeof value !== 'object' || value === null) return value
    // Some writers spell it "Crypto".
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each]))
  } catch {
    // The fault quotes the text.
    throw new ConnectorError('WALLET_UNUSABLE', 'the keystore is not JSON')
  }
}
