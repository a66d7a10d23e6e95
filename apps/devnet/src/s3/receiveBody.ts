import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { crc32 } from 'node:zlib'
import { decodeAwsChunked } from './awsChunked.ts'
import { S3Error } from './s3Error.ts'

/** Framing may add a little to the object: chunk sizes and trailers. */
const FRAMING_ALLOWANCE = 64 * 1024

/**
 * Reads the body of a PUT whole, undoes its framing and checks every checksum it carries.
 * @param maxBytes ceiling for the decoded object
 * @throws S3Error EntityTooLarge, IncompleteBody, BadDigest, XAmzContentSHA256Mismatch, NotImplemented
 */
export async function receiveBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const contentSha256 = headerOf(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  if (contentSha256.startsWith('STREAMING-AWS4')) {
    throw new S3Error('NotImplemented', 'Bodies with a signature for each chunk are not supported.')
  }
  const encoded = await readAll(request, maxBytes)
  const chunked =
    contentSha256 === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' ||
    (headerOf(request, 'content-encoding') ?? '').split(',').some(encoding => encoding.trim() === 'aws-chunked')
  if (!chunked) {
    if (encoded.length > maxBytes) throw tooLarge()
    checkContentSha256(encoded, contentSha256)
    checkChecksums(encoded, name => headerOf(request, name))
    return encoded
  }
  const { body, trailers } = decodeAwsChunked(encoded)
  const declared = headerOf(request, 'x-amz-decoded-content-length')
  if (declared !== undefined && Number(declared) !== body.length) {
    throw new S3Error('IncompleteBody', 'The decoded body has another length than its header says.')
  }
  if (body.length > maxBytes) throw tooLarge()
  checkChecksums(body, name => trailers.get(name) ?? headerOf(request, name))
  return body
}

async function readAll(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const ceiling = maxBytes + FRAMING_ALLOWANCE
  if (Number(headerOf(request, 'content-length') ?? 0) > ceiling) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  // The connection must survive a refusal in mid-body, so that the error can be answered on it.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false })
  for await (const chunk of body) {
    length += chunk.length
    if (length > ceiling) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function checkContentSha256(body: Buffer, expected: string): void {
  if (expected === 'UNSIGNED-PAYLOAD') return
  if (createHash('sha256').update(body).digest('hex') !== expected) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  }
}

/** Checksums in base64; a client sends at most one beside Content-MD5. CRC32C and CRC64NVME are stored unchecked. */
function checkChecksums(body: Buffer, checksumOf: (name: string) => string | undefined): void {
  const computed: readonly (readonly [string, () => string])[] = [
    ['content-md5', () => createHash('md5').update(body).digest('base64')],
    ['x-amz-checksum-sha1', () => createHash('sha1').update(body).digest('base64')],
    ['x-amz-checksum-sha256', () => createHash('sha256').update(body).digest('base64')],
    ['x-amz-checksum-crc32', () => crc32Base64(body)],
  ]
  for (const [name, compute] of computed) {
    const expected = checksumOf(name)
    if (expected !== undefined && expected !== compute()) {
      throw new S3Error('BadDigest', `The ${name} you specified did not match the calculated checksum.`)
    }
  }
}

function crc32Base64(body: Buffer): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64')
}

function tooLarge(): S3Error {
  return new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size.')
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
