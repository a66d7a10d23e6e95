import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StoredObject } from './buckets.ts'
import { byteRangeOf } from './byteRange.ts'
import type { S3Fault } from './fault.ts'

/**
 * Answers GET and HEAD of an object: length, ETag, user metadata, one byte range.
 * @throws S3Error InvalidRange
 */
export function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  object: StoredObject,
  fault: S3Fault | undefined,
): void {
  const range = byteRangeOf(request.headers.range, object.body.length)
  const body = range ? object.body.subarray(range.first, range.last + 1) : object.body
  response.writeHead(range ? 206 : 200, {
    'content-length': body.length,
    'content-type': object.contentType,
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
    ...(range && { 'content-range': `bytes ${range.first}-${range.last}/${object.body.length}` }),
    ...Object.fromEntries([...object.metadata].map(([name, value]) => [`x-amz-meta-${name}`, value])),
  })
  if (request.method === 'HEAD') response.end()
  else sendBody(response, body, fault)
}

function sendBody(response: ServerResponse, body: Buffer, fault: S3Fault | undefined): void {
  switch (fault?.kind) {
    case 'cut':
      response.write(body.subarray(0, fault.afterBytes), () => response.destroy())
      return
    case 'stall':
      response.write(body.subarray(0, 1))
      return
    case 'wrong-bytes': {
      const changed = Buffer.from(body)
      changed[0] = (changed[0] ?? 0) ^ 0xff
      response.end(changed)
      return
    }
    default:
      response.end(body)
  }
}
