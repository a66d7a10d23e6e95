import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { S3Error } from './s3Error.ts'

/** A key pair this server accepts signatures of. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface SignedRequest {
  readonly method: string
  readonly rawPath: string
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\/(\d{8})\/([^/\s,]+)\/s3\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/
const MAX_SKEW_MS = 15 * 60 * 1000

/**
 * Verifies AWS Signature Version 4 in the Authorization header: HMAC-SHA256 over the canonical request under a key
 * derived from secret, day, region and service.
 * @param now milliseconds since the epoch; a request may be 15 minutes away from it
 * @throws S3Error AuthorizationHeaderMalformed, InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch
 */
export function verifySignature(request: SignedRequest, credentials: readonly S3Credentials[], now: number): void {
  const match = AUTHORIZATION.exec(headerText(request, 'authorization'))
  const [, accessKeyId = '', day = '', region = '', signedHeaders = '', signature = ''] = match ?? []
  if (!match) throw new S3Error('AuthorizationHeaderMalformed', 'The authorization header is malformed.')
  const known = credentials.find(entry => entry.accessKeyId === accessKeyId)
  if (!known)
    throw new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
  const time = headerText(request, 'x-amz-date')
  checkTime(time, day, now)
  const signed = signedHeaders.split(';')
  if (!signed.includes('host')) throw new S3Error('AuthorizationHeaderMalformed', 'The host header must be signed.')
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(request, signed))].join('\n')
  const key = ['s3', 'aws4_request'].reduce<Buffer>(hmac, hmac(hmac(`AWS4${known.secretAccessKey}`, day), region))
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    )
  }
}

function checkTime(time: string, day: string, now: number): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)
  if (!match || !time.startsWith(day))
    throw new S3Error('AuthorizationHeaderMalformed', 'x-amz-date is missing or malformed.')
  const [, year, month, date, hour, minute, second] = match
  const at = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`)
  if (!(Math.abs(now - at) <= MAX_SKEW_MS)) {
    throw new S3Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    )
  }
}

function canonicalRequest(request: SignedRequest, signed: readonly string[]): string {
  const path = request.rawPath.split('/').map(recode).join('/')
  const query = request.rawQuery
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const equals = pair.indexOf('=')
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      return `${recode(name)}=${recode(value)}`
    })
    .sort()
    .join('&')
  const headers = signed.map(name => `${name}:${headerText(request, name).trim().replace(/\s+/g, ' ')}\n`).join('')
  const payload = headerText(request, 'x-amz-content-sha256') || 'UNSIGNED-PAYLOAD'
  return [request.method, path, query, headers, signed.join(';'), payload].join('\n')
}

/** One percent-encoding for all spellings: everything but letters, digits and `-._~` is encoded, in upper case. */
function recode(text: string): string {
  return encodeURIComponent(decodeURIComponent(text)).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function headerText(request: SignedRequest, name: string): string {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
