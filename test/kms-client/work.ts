import { CoreClient, type CoreClientOptions, type CoreWork } from '@kms-connector/kms-client'
import { type RequestId, requestIdOf } from '@kms-connector/protocol'

/** Id of the n-th public decryption of a Gateway. */
export const decryptionId = (n: number): RequestId => requestIdOf((1n << 248n) + BigInt(n))

/** Work of one public decryption with a ciphertext of the given size; counts how often it was built. */
export function publicDecryption(id: RequestId, bytes = 100): CoreWork & { readonly built: () => number } {
  let built = 0
  return {
    requestId: id,
    shardId: id,
    submit: 'publicDecrypt',
    poll: 'getPublicDecryptionResult',
    async build() {
      built += 1
      const ciphertext = new Uint8Array(bytes).fill(7)
      return { requestId: { requestId: id }, ciphertexts: [{ ciphertext, fheType: 5 }] }
    },
    built: () => built,
  }
}

/** A client with limits short enough for tests. */
export function testClient(
  endpoints: readonly string[],
  options: Partial<CoreClientOptions> = {},
): CoreClient & Disposable {
  const client = new CoreClient({ endpoints, earlyPollMs: 20, pollPauseMs: 5, pollBudgetMs: 20_000, ...options })
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}

export const never = new AbortController().signal
