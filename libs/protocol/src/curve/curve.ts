/** ECDSA signature from which the signer can be recovered. */
export interface RecoverableSignature {
  /** r and s, 32 bytes each; s is the lower of its two values (EIP-2). */
  readonly compact: Uint8Array
  /** Parity of the y of the point behind r: 0 or 1. */
  readonly yParity: number
}

/** What is computed on secp256k1. Digests have 32 bytes; nothing is hashed in here. */
export interface Curve {
  /**
   * Signs with the nonce of RFC 6979: the same digest has the same signature.
   * @param key 32 bytes, 1 to n - 1
   * @throws an Error that does not show the key when it is outside of that range
   */
  sign(digest: Uint8Array, key: Uint8Array): RecoverableSignature
  /** @returns the public key of a private one, uncompressed; undefined outside of 1 to n - 1 */
  publicKeyOf(key: Uint8Array): Uint8Array | undefined
  /**
   * The only public key that can have made a signature.
   * @param compact r and s, 32 bytes each; a high s is taken as well
   * @param yParity 0 or 1
   * @returns 65 bytes, uncompressed; undefined when no key can have made it
   */
  recover(digest: Uint8Array, compact: Uint8Array, yParity: number): Uint8Array | undefined
}
