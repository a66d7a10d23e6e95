import type { CiphertextFormat, Hex } from '@kms-connector/protocol'

/** Bytes whose keccak256 was checked. */
export interface VerifiedObject {
  readonly bytes: Uint8Array
  readonly format: CiphertextFormat
}

/** One place a ciphertext may come from: a registered bucket read anonymously, or the operator's own bucket. */
export interface CiphertextSource {
  /** For messages and logs. */
  readonly name: string
  /** @throws ConnectorError with a `CIPHERTEXT_*` code, or the reason of `signal` when it aborts */
  get(digest: Hex, signal: AbortSignal): Promise<VerifiedObject>
}
