import { pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { ConnectorError } from '@kms-connector/protocol'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { z } from 'zod'

/** Twice what the usual "standard" keystore takes (n 262144, r 8: 256 MiB). */
const MAX_SCRYPT_MEMORY = 512 * 2 ** 20
/** n * r * p: four times the work of the usual standard keystore, a few seconds. */
const MAX_SCRYPT_WORK = 2 ** 23
/** A few seconds; the usual count is 262144. */
const MAX_PBKDF2_ITERATIONS = 10_000_000

const salt = z
  .string()
  .regex(/^(?:[0-9a-f]{2}){0,256}$/i)
  .transform(text => Buffer.from(text, 'hex'))
const count = z.int().min(1)
/** 32 bytes are used; more may be derived. */
const dklen = z.int().min(32).max(64)

/** Parameters of the two key derivations of Web3 Secret Storage version 3. */
export const kdfSchema = z.discriminatedUnion('kdf', [
  z.object({ kdf: z.literal('scrypt'), kdfparams: z.object({ n: count, r: count, p: count, dklen, salt }) }),
  z.object({
    kdf: z.literal('pbkdf2'),
    kdfparams: z.object({ c: count, prf: z.literal('hmac-sha256'), dklen, salt }),
  }),
])
export type Kdf = z.infer<typeof kdfSchema>

/**
 * Derives the key of a keystore without blocking the process.
 * @throws ConnectorError WALLET_UNUSABLE for costs that would take the memory or the time of the process
 */
export async function deriveKey(kdf: Kdf, password: Uint8Array): Promise<Buffer> {
  if (kdf.kdf === 'pbkdf2') {
    const { c, dklen: length, salt: grains } = kdf.kdfparams
    if (c > MAX_PBKDF2_ITERATIONS) throw tooCostly(`c is over ${MAX_PBKDF2_ITERATIONS}`)
    return promisify(pbkdf2)(password, grains, c, length, 'sha256')
  }
  const { n, r, p, dklen: length, salt: grains } = kdf.kdfparams
  if (!Number.isSafeInteger(n) || n < 2 || !Number.isInteger(Math.log2(n))) throw tooCostly('n is not a power of two')
  // Every factor first, so that the products stay exact.
  if (n > MAX_SCRYPT_WORK || r > 1024 || p > 1024 || n * r * p > MAX_SCRYPT_WORK) {
    throw tooCostly(`n * r * p is over ${MAX_SCRYPT_WORK}`)
  }
  const memory = 128 * r * (n + p + 2)
  if (memory > MAX_SCRYPT_MEMORY + 2 ** 20) throw tooCostly(`it takes more than ${MAX_SCRYPT_MEMORY / 2 ** 20} MiB`)
  // RFC 7914 wants n < 2^(16r) and OpenSSL insists; keystores of the early days (r 1, p 8) do not follow it.
  if (r === 1 && n >= 2 ** 16) {
    return Buffer.from(await scryptAsync(password, grains, { N: n, r, p, dkLen: length, maxmem: memory + 2 ** 20 }))
  }
  return scryptKey(password, grains, length, { N: n, r, p, maxmem: memory + 2 ** 20 })
}

function scryptKey(
  password: Uint8Array,
  grains: Uint8Array,
  length: number,
  options: { readonly N: number; readonly r: number; readonly p: number; readonly maxmem: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, grains, length, options, (fault, key) => (fault ? reject(fault) : resolve(key)))
  })
}

function tooCostly(why: string): ConnectorError {
  return new ConnectorError('WALLET_UNUSABLE', `the key derivation of the keystore is refused: ${why}`)
}
