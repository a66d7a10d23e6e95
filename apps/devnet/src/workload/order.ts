import type { FheType } from '@kms-connector/protocol'
import type { BlobForm } from '../core/index.ts'

/** Who asks for a decryption, and for whom. */
export type RequestKind = 'public' | 'user' | 'delegated'
export const REQUEST_KINDS: readonly RequestKind[] = ['public', 'user', 'delegated']

/** One value to encrypt, and how its ciphertext is serialised. */
export interface PlannedValue {
  readonly fheType: FheType
  readonly value: bigint
  readonly form: BlobForm
}

/** One request to place: what is asked for, and the answer that must come back. */
export interface PlannedRequest {
  readonly kind: RequestKind
  readonly values: readonly PlannedValue[]
}
