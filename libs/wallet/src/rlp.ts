/** RLP, the way in which Ethereum writes byte strings and lists of them (yellow paper, appendix B). */

const MAX = (1n << 256n) - 1n

/** @returns the byte string with its head; a single byte below 0x80 stands for itself */
export function rlpItem(bytes: Uint8Array): Uint8Array {
  const [first = 0] = bytes
  return bytes.length === 1 && first < 0x80 ? bytes : Buffer.concat([head(bytes.length, 0x80), bytes])
}

/**
 * @param items each written already
 * @returns the parts of the list in their order, head first
 */
export function rlpList(items: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = items.reduce((sum, item) => sum + item.length, 0)
  return [head(length, 0xc0), ...items]
}

/**
 * @returns the bytes of an integer as RLP wants them: big-endian, without leading zeros, none for 0
 * @throws RangeError outside of 0 to 2^256 - 1
 */
export function minimal(value: number | bigint): Uint8Array {
  const integer = BigInt(value)
  if (integer < 0n || integer > MAX) throw new RangeError(`${value} is no unsigned integer of 256 bits`)
  if (integer === 0n) return new Uint8Array()
  const hex = integer.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

/** @returns big-endian bytes as RLP wants them in an integer */
export function withoutZeros(bytes: Uint8Array): Uint8Array {
  let zeros = 0
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++
  return bytes.subarray(zeros)
}

/** @param base 0x80 for byte strings, 0xc0 for lists; up to 55 bytes the length is part of the one byte */
function head(length: number, base: number): Uint8Array {
  if (length <= 55) return Uint8Array.of(base + length)
  const digits = minimal(length)
  return Uint8Array.of(base + 55 + digits.length, ...digits)
}
