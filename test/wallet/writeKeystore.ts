import { createCipheriv, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { bytesOf, type Hex } from '@kms-connector/protocol'
import { keccak256 } from 'viem'

/** Writes a Web3 Secret Storage file of version 3 with costs that suit a test. */
export function writeKeystore(key: Hex, password: string, kdf: 'scrypt' | 'pbkdf2', address?: string): string {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const derived =
    kdf === 'scrypt'
      ? scryptSync(password, salt, 32, { N: 4096, r: 8, p: 6 })
      : pbkdf2Sync(password, salt, 1000, 32, 'sha256')
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(bytesOf(key)), cipher.final()])
  const common = { dklen: 32, salt: salt.toString('hex') }
  return JSON.stringify({
    version: 3,
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    ...(address === undefined ? {} : { address }),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf,
      kdfparams: kdf === 'scrypt' ? { ...common, n: 4096, r: 8, p: 6 } : { ...common, c: 1000, prf: 'hmac-sha256' },
      mac: keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext])).slice(2),
    },
  })
}
