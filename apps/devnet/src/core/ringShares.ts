import type { FheType } from '@kms-connector/protocol'
import { u64 } from './bincode.ts'

/** Message bits of a radix block; a share packs `PACKING_FACTOR` blocks into one coefficient. */
const BLOCK_BITS = 2n
export const PACKING_FACTOR = 1
/** Elements of the ring are polynomials of four coefficients modulo 2^128. */
const COEFFICIENTS = 4
/** A coefficient carries its message under 128 - 5 noise bits: two of message, two of carry, one of padding. */
const SHIFT = 123n

/** Parties that may be corrupt among `parties`: the protocol tolerates less than a third. */
export function shareDegree(parties: number): number {
  return Math.floor((parties - 1) / 3)
}

/**
 * One party's share of a plaintext, in the serialised form that clients reconstruct from: blocks of two bits, lowest
 * first, four to a polynomial. Every party gets the same polynomials, a constant sharing: valid for each degree, and
 * not a secret from anybody, which only a development network may do.
 */
export function constantShare(value: bigint, fheType: FheType): Uint8Array {
  const blocks = fheType.name === 'bool' ? 1 : fheType.bits / Number(BLOCK_BITS)
  const polynomials = Math.ceil(blocks / COEFFICIENTS)
  const elements = Buffer.alloc(polynomials * COEFFICIENTS * 16)
  for (let i = 0, rest = value; i < blocks; i++, rest >>= BLOCK_BITS) {
    const coefficient = (rest & 3n) << SHIFT
    elements.writeBigUInt64LE(coefficient >> 64n, 16 * i + 8)
  }
  return Buffer.concat([u64(polynomials), elements])
}
