import { gzipSync } from 'node:zlib'

export interface ArchiveFile {
  readonly name: string
  readonly text: string
}

const BLOCK = 512

/**
 * Puts texts into a tar archive (POSIX ustar), compressed with gzip. Written here because the format of a few small texts is
 * forty lines, and a library would be one more thing to trust with a support archive.
 * @param at time of modification of every file, milliseconds since the epoch
 * @throws RangeError for a name of more than 100 bytes
 */
export function tarGz(files: readonly ArchiveFile[], at: number): Buffer {
  const blocks = files.flatMap(({ name, text }) => {
    const body = Buffer.from(text)
    const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)
    return [header(name, body.length, at), body, padding]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]))
}

function header(name: string, size: number, at: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`"${name}" is too long for an archive`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0)
  block.write(octal(0o600, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(size, 11), 124)
  block.write(octal(Math.floor(at / 1000), 11), 136)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\0' + '00', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
