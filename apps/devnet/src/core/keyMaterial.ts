import type { Hex, RequestId } from '@kms-connector/protocol'
import { hexOf } from '@kms-connector/protocol'
import { shake256 } from '@noble/hashes/sha3.js'
import { TfheKeys } from './tfheKeys.ts'

/** Type names of key digests, in the order in which a Core reports them; the index is `keyType` in the signed message. */
export const KEY_TYPES = ['ServerKey', 'PublicKey'] as const

export interface NamedDigest {
  readonly keyType: string
  readonly digest: Uint8Array
}

/** The keys and reference strings one node holds. Client keys are derived when first used. */
export class KeyMaterial {
  readonly #seed: string
  readonly #held: Map<RequestId, TfheKeys | undefined>
  /** Which key each preprocessing served. */
  readonly #usedPreprocessings = new Map<RequestId, RequestId>()

  constructor(seed: string, keyIds: readonly RequestId[]) {
    this.#seed = seed
    this.#held = new Map(keyIds.map(id => [id, undefined]))
  }

  get keyIds(): readonly RequestId[] {
    return [...this.#held.keys()]
  }

  /** @returns undefined when the key is not held */
  keys(id: RequestId): TfheKeys | undefined {
    if (!this.#held.has(id)) return undefined
    const keys = this.#held.get(id) ?? TfheKeys.derive(this.#seed, id)
    this.#held.set(id, keys)
    return keys
  }

  holds(id: RequestId): boolean {
    return this.#held.has(id)
  }

  /** Makes a preprocessing serve one key. @returns false when it serves another one already */
  usePreprocessing(id: RequestId, keyId: RequestId): boolean {
    const served = this.#usedPreprocessings.get(id) ?? keyId
    this.#usedPreprocessings.set(id, served)
    return served === keyId
  }

  generateKey(id: RequestId): readonly NamedDigest[] {
    this.#held.set(id, undefined)
    return this.keyDigests(id)
  }

  /**
   * 32-byte digests of a key, equal on all nodes with the same seed. A real Core hashes the serialised public objects;
   * making those in JavaScript is randomised and would never agree between nodes, so ids and seed stand for them.
   */
  keyDigests(id: RequestId): readonly NamedDigest[] {
    return KEY_TYPES.map(keyType => ({ keyType, digest: this.#digest('PDAT_KEY', `${keyType}:${id}`) }))
  }

  crsDigest(id: RequestId, maxNumBits: number): Uint8Array {
    return this.#digest('PDAT_CRS', `${maxNumBits}:${id}`)
  }

  #digest(separator: string, object: string): Uint8Array {
    return shake256(Buffer.from(`${separator}${object}:${this.#seed}`), { dkLen: 32 })
  }
}

/** Digests as the EIP-712 message wants them. */
export function signedDigests(digests: readonly NamedDigest[]): { keyType: number; digest: Hex }[] {
  return digests.map(({ digest }, keyType) => ({ keyType, digest: hexOf(digest) }))
}
