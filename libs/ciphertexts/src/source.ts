import type { CiphertextFormat, Hex } from '@kms-connector/protocol'
import type { Caller } from './deadline.ts'

/** Bytes whose keccak256 was checked. */
export interface VerifiedObject {
  readonly bytes: Uint8Array
  readonly format: CiphertextFormat
}

/** One place a ciphertext may come from: a registered bucket read anonymously, or the operator's own bucket. */
export interface CiphertextSource {
  /** For messages and logs. */
  readonly name: string
  /** @throws ConnectorError with a `CIPHERTEXT_*` code, or the reason of `caller` when it gives up */
  get(digest: Hex, caller: Caller): Promise<VerifiedObject>
}
