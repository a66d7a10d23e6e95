import { type Address, hexOf } from './hex.ts'
import { keccak256 } from './keccak.ts'

/**
 * @param publicKey uncompressed: 65 bytes, the first of them 4
 * @returns its Ethereum address: the last 20 bytes of the keccak256 of its coordinates
 */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  return hexOf(keccak256(publicKey.subarray(1)).subarray(12))
}

/** @returns the address with the checksum of EIP-55: a letter is upper case where the hash of all of them says so */
export function checksumAddress(address: Address): Address {
  const digits = address.slice(2).toLowerCase()
  const hash = keccak256(Buffer.from(digits, 'latin1'))
  let text = ''
  for (let i = 0; i < digits.length; i++) {
    const nibble = i % 2 === 0 ? (hash[i >> 1] ?? 0) >> 4 : (hash[i >> 1] ?? 0) & 15
    const digit = digits.charAt(i)
    text += nibble > 7 ? digit.toUpperCase() : digit
  }
  return `0x${text}`
}
