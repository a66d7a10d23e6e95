/** DER element of the given tag. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body])
  // The shortest form: nats-server refuses any other.
  if (body.length < 256) return Buffer.concat([Buffer.of(tag, 0x81, body.length), body])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length)
  return Buffer.concat([Buffer.of(tag, 0x82), length, body])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
export const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
export const utf8Text = (text: string): Buffer => der(0x0c, Buffer.from(text))
export const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.of(0), bytes)

/** Positive integer of at most 127 in its first byte. */
export const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes)

/** Time between 1950 and 2049, as certificates write it. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[^0-9]/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}
