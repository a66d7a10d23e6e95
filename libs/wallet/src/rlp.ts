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
 * Reads a list of byte strings; a list inside of it is there as its bytes.
 * @throws RangeError when the bytes are not exactly one list, written in the shortest way
 */
export function readRlpList(bytes: Uint8Array): readonly Uint8Array[] {
  const list = readHead(bytes, 0)
  if (!list.isList || list.end !== bytes.length) throw new RangeError('not one list')
  const items: Uint8Array[] = []
  for (let at = list.begin; at < list.end; ) {
    const { begin, end } = readHead(bytes, at)
    if (end > list.end) throw new RangeError('an item ends behind its list')
    items.push(bytes.subarray(begin, end))
    at = end
  }
  return items
}

function readHead(bytes: Uint8Array, at: number): { isList: boolean; begin: number; end: number } {
  const first = bytes[at] ?? 0
  if (first < 0x80) return { isList: false, begin: at, end: at + 1 }
  const isList = first >= 0xc0
  const short = first - (isList ? 0xc0 : 0x80)
  if (short <= 55) return { isList, begin: at + 1, end: at + 1 + short }
  const begin = at + 1 + short - 55
  const length = Number(integerOf(bytes.subarray(at + 1, begin)))
  if (begin > bytes.length || length <= 55) throw new RangeError('a head is cut off, or longer than it has to be')
  return { isList, begin, end: begin + length }
}

/** @throws RangeError for leading zeros, or more than 256 bits */
export function integerOf(bytes: Uint8Array): bigint {
  if (bytes[0] === 0 || bytes.length > 32)
    throw new RangeError('an integer is written with leading zeros, or too large')
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
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
