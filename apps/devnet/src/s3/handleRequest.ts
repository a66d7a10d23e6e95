import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Buckets } from './buckets.ts'
import { answerWithFault, isAnswerFault, type S3Fault, type S3FaultHook } from './fault.ts'
import { listObjectsXml } from './listing.ts'
import { receiveBody } from './receiveBody.ts'
import { errorXml, S3Error } from './s3Error.ts'
import { sendObject } from './sendObject.ts'
import { type S3Credentials, verifySignature } from './signatureV4.ts'
import { type S3Target, targetOf } from './target.ts'

export interface S3Service {
  readonly buckets: Buckets
  /** Empty: every request is allowed without a signature. */
  readonly credentials: readonly S3Credentials[]
  readonly maxObjectBytes: number
  readonly faults: S3FaultHook
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal
}

/** Sub-resources of the S3 API that this server does not have. */
const UNSUPPORTED = [
  'acl',
  'cors',
  'delete',
  'lifecycle',
  'location',
  'partNumber',
  'policy',
  'tagging',
  'uploadId',
  'uploads',
  'versioning',
]

/** Answers one request; every fault becomes an XML error, never a rejection. */
export async function handleRequest(
  service: S3Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const target = targetOf(request.url ?? '/', request.headers.host ?? '')
    const { bucket, key } = target
    const fault = service.faults({ method: request.method ?? '', bucket, key })
    if (fault?.kind === 'hold') await fault.until
    if (fault?.kind === 'delay') await sleep(fault.ms, undefined, { signal: service.stopping })
    if (isAnswerFault(fault)) answerWithFault(fault, response, request.url ?? '/')
    else await answer(service, target, request, response, fault)
  } catch (fault) {
    sendError(request, response, fault)
  }
}

async function answer(
  service: S3Service,
  target: S3Target,
  request: IncomingMessage,
  response: ServerResponse,
  fault: S3Fault | undefined,
): Promise<void> {
  authorise(service, target, request)
  const unsupported = UNSUPPORTED.find(name => target.query.has(name))
  if (unsupported) throw new S3Error('NotImplemented', `The sub-resource "${unsupported}" is not implemented.`)
  if (target.bucket === '')
    throw new S3Error('NotImplemented', 'Requests about the service itself are not implemented.')
  if (target.key === '') answerBucket(service, target, request, response)
  else await answerObject(service, target, request, response, fault)
}

/** Anonymous callers may read objects of public buckets; everything else wants a valid signature. */
function authorise(service: S3Service, target: S3Target, request: IncomingMessage): void {
  if (service.credentials.length === 0) return
  const { rawPath, rawQuery } = target
  if (request.headers.authorization !== undefined) {
    verifySignature(
      { method: request.method ?? '', rawPath, rawQuery, headers: request.headers },
      service.credentials,
      Date.now(),
    )
    return
  }
  const reads = request.method === 'GET' || request.method === 'HEAD'
  const access = service.buckets.access(target.bucket)
  if (reads && target.key !== '' && access !== 'private') return
  throw new S3Error('AccessDenied', 'Access Denied')
}

function answerBucket(
  { buckets }: S3Service,
  target: S3Target,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (request.method) {
    case 'PUT':
      buckets.create(target.bucket, 'private')
      response.writeHead(200, { location: `/${target.bucket}` }).end()
      return
    case 'HEAD':
      buckets.list(target.bucket)
      response.writeHead(200).end()
      return
    case 'GET': {
      const xml = listObjectsXml(target.bucket, target.query, buckets.list(target.bucket))
      response.writeHead(200, { 'content-type': 'application/xml' }).end(xml)
      return
    }
    default:
      throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.')
  }
}

async function answerObject(
  { buckets, maxObjectBytes }: S3Service,
  { bucket, key }: S3Target,
  request: IncomingMessage,
  response: ServerResponse,
  fault: S3Fault | undefined,
): Promise<void> {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      sendObject(request, response, buckets.get(bucket, key), fault)
      return
    case 'PUT': {
      if (request.headers['x-amz-copy-source']) throw new S3Error('NotImplemented', 'CopyObject is not implemented.')
      const body = await receiveBody(request, maxObjectBytes)
      const contentType = request.headers['content-type'] ?? 'application/octet-stream'
      const { etag } = buckets.put(bucket, key, body, contentType, userMetadata(request))
      response.writeHead(200, { etag }).end()
      return
    }
    case 'DELETE':
      buckets.delete(bucket, key)
      response.writeHead(204).end()
      return
    default:
      throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.')
  }
}

function userMetadata(request: IncomingMessage): Map<string, string> {
  const metadata = new Map<string, string>()
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith('x-amz-meta-')) metadata.set(name.slice('x-amz-meta-'.length), String(value))
  }
  return metadata
}

function sendError(request: IncomingMessage, response: ServerResponse, fault: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const error = fault instanceof S3Error ? fault : new S3Error('InternalError', 'We encountered an internal error.')
  // The rest of a refused body is read and dropped: closing at once could destroy the answer on its way.
  request.resume()
  response.writeHead(error.status, { 'content-type': 'application/xml' })
  response.end(request.method === 'HEAD' ? undefined : errorXml(error.code, error.message, request.url ?? '/'))
}
