import { S3Error } from './s3Error.ts'

export interface DecodedBody {
  readonly body: Buffer
  /** Headers that followed the last chunk, names in lower case. */
  readonly trailers: ReadonlyMap<string, string>
}

/**
 * Undoes the `aws-chunked` content encoding: each chunk is its size in hex, CRLF, the bytes, CRLF; a chunk of size 0 ends
 * the body and trailing headers follow it.
 * @throws S3Error IncompleteBody when the framing is broken or ends early
 */
export function decodeAwsChunked(encoded: Buffer): DecodedBody {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const [header, next] = readLine(encoded, at)
    const hex = header.split(';', 1)[0] ?? ''
    if (!/^[0-9a-fA-F]{1,8}$/.test(hex)) throw new S3Error('IncompleteBody', 'A chunk has no valid size.')
    const size = Number.parseInt(hex, 16)
    if (size === 0) return { body: Buffer.concat(chunks), trailers: readTrailers(encoded, next) }
    const end = next + size
    if (encoded.length < end + 2 || encoded[end] !== 13 || encoded[end + 1] !== 10) {
      throw new S3Error('IncompleteBody', 'A chunk is shorter or longer than its size says.')
    }
    chunks.push(encoded.subarray(next, end))
    at = end + 2
  }
}

function readLine(encoded: Buffer, from: number): [line: string, next: number] {
  const end = encoded.indexOf('\r\n', from, 'latin1')
  if (end < 0) throw new S3Error('IncompleteBody', 'The body ends inside its framing.')
  return [encoded.toString('latin1', from, end), end + 2]
}

function readTrailers(encoded: Buffer, from: number): Map<string, string> {
  const trailers = new Map<string, string>()
  for (const line of encoded.toString('latin1', from).split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return trailers
}
