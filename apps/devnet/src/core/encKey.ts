/**
 * Header of a user's encryption key: tfhe's `safe_serialize` of version 0 of `UnifiedPublicEncKey`, variant ML-KEM-512,
 * followed by the 800 bytes of the raw encapsulation key.
 */
const HEADER = Buffer.from(
  '0300000000000000302e35000000000300000000000000302e311300000000000000556e69666965645075626c6963456e634b6579' +
    '00000000000000002003000000000000',
  'hex',
)
const RAW_BYTES = 800
export const ENC_KEY_BYTES = HEADER.length + RAW_BYTES

/** @returns the raw ML-KEM-512 encapsulation key, or undefined when the bytes are not the 869 of a serialised one. */
export function rawEncapsulationKey(encKey: Uint8Array): Uint8Array | undefined {
  if (encKey.length !== ENC_KEY_BYTES || !HEADER.equals(encKey.subarray(0, HEADER.length))) return undefined
  return encKey.subarray(HEADER.length)
}
