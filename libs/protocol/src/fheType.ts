/** One encrypted type that a decryption can return. */
export interface FheType {
  /** Value of byte 30 of a handle and of `fhe_type` on the wire (tfhe-rs `FheTypes`). */
  readonly number: number
  readonly name: string
  /** Bits counted against the limit of 2048 bits a request. */
  readonly bits: number
  /** Bytes of a little-endian plaintext from KMS Core. */
  readonly plaintextBytes: number
}

const type = (number: number, name: string, bits: number, plaintextBytes: number): FheType => ({
  number,
  name,
  bits,
  plaintextBytes,
})

/** The types whose results have an ABI encoding; Uint4 (1) exists but the contracts refuse it. */
export const FHE_TYPES: ReadonlyMap<number, FheType> = new Map(
  [
    type(0, 'bool', 2, 1),
    type(2, 'uint8', 8, 1),
    type(3, 'uint16', 16, 2),
    type(4, 'uint32', 32, 4),
    type(5, 'uint64', 64, 8),
    type(6, 'uint128', 128, 16),
    type(7, 'address', 160, 20),
    type(8, 'uint256', 256, 32),
  ].map(t => [t.number, t]),
)
