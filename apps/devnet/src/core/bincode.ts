/** bincode in its legacy configuration: fixed-width little-endian integers, lengths as u64. */

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export function i32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

export function u64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** A byte vector or a string: its length, then its bytes. */
export function vec(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([u64(bytes.length), bytes])
}
