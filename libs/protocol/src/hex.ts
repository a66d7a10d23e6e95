import { z } from 'zod'

/** Bytes as lower-case hex with 0x: how bytes travel in message bodies and through viem. */
export type Hex = `0x${string}`
export type Address = Hex

const HEX = /^0x(?:[0-9a-f]{2})*$/
const HEX_32 = /^0x[0-9a-f]{64}$/
const ADDRESS = /^0x[0-9a-f]{40}$/

/** Bytes of any length. */
export const hexSchema = z.custom<Hex>(
  value => typeof value === 'string' && HEX.test(value),
  'expected 0x and lower-case hex bytes',
)
/** 32 bytes. */
export const hex32Schema = z.custom<Hex>(
  value => typeof value === 'string' && HEX_32.test(value),
  'expected 32 bytes of 0x hex',
)
/** An address in lower case. */
export const addressSchema = z.custom<Address>(
  value => typeof value === 'string' && ADDRESS.test(value),
  'expected a lower-case 0x address',
)
/** An unsigned 256-bit integer: a bigint in memory, minimal 0x-hex in message bodies. */
export const uintSchema = z
  .string()
  .regex(/^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/, 'expected an unsigned integer as 0x hex')
  .transform(value => BigInt(value))

/** @returns the bytes of a hex string; the caller has validated it. */
export function bytesOf(hex: Hex): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex')
}

/**
 * @returns the bytes, or undefined for anything that is not 0x and hex of whole bytes: Node reads hex up to the first
 *   character that is none, and does not say so
 */
export function readHexBytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !value.startsWith('0x')) return undefined
  const bytes = Buffer.from(value.slice(2), 'hex')
  return 2 * bytes.length + 2 === value.length ? bytes : undefined
}

/** @returns lower-case hex with 0x. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** @returns the big-endian bytes of an unsigned integer, left-padded to `size` bytes. */
export function uintBytes(value: bigint, size: number): Uint8Array {
  return Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex')
}
