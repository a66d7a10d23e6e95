import { type Hex, hexOf } from '@kms-connector/protocol'
import { createKeccak } from 'hash-wasm'

type Hasher = Awaited<ReturnType<typeof createKeccak>>

/** Hashers wait here between uses; there are as many as bodies were ever received at once. */
const idle: Hasher[] = []

/** A keccak256 in progress. Exactly one of `digest` and `discard` ends it and gives its hasher back. */
export interface RunningKeccak {
  update(bytes: Uint8Array): void
  digest(): Hex
  discard(): void
}

/**
 * Starts a streaming keccak256. WebAssembly, because ciphertexts are megabytes and the hash runs on the event loop:
 * about 15 times faster than the JavaScript implementations here.
 */
export async function startKeccak(): Promise<RunningKeccak> {
  let hasher: Hasher | undefined = idle.pop() ?? (await createKeccak(256))
  hasher.init()
  const end = (): Hasher => {
    if (!hasher) throw new TypeError('this keccak256 has ended')
    const ended = hasher
    hasher = undefined
    idle.push(ended)
    return ended
  }
  return {
    update: bytes => {
      if (!hasher) throw new TypeError('this keccak256 has ended')
      hasher.update(bytes)
    },
    digest: () => hexOf(end().digest('binary')),
    discard: () => {
      if (hasher) end()
    },
  }
}

/** @returns the keccak256 of bytes that are already in memory. */
export async function keccak256(bytes: Uint8Array): Promise<Hex> {
  const keccak = await startKeccak()
  keccak.update(bytes)
  return keccak.digest()
}
