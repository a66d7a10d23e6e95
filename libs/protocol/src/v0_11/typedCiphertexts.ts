import { parseHandle } from '../handle.ts'
import { bytesOf } from '../hex.ts'
import type { FetchedCiphertext } from '../operation.ts'
import type { SnsMaterial } from './snsMaterial.ts'

/** `TypedCiphertext` messages in request order: the order is part of what KMS Core signs. */
export function typedCiphertexts(materials: readonly SnsMaterial[], ciphertexts: readonly FetchedCiphertext[]) {
  const byHandle = new Map(ciphertexts.map(c => [c.handle, c]))
  return materials.map(({ ctHandle }) => {
    const fetched = byHandle.get(ctHandle)
    if (!fetched) throw new TypeError(`the ciphertext of ${ctHandle} was not fetched`)
    return {
      ciphertext: fetched.bytes,
      fheType: parseHandle(ctHandle).fheType.number,
      externalHandle: bytesOf(ctHandle),
      ciphertextFormat: fetched.format,
    }
  })
}
