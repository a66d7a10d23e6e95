// Verifies AWS Signature Version 4 in the Authorization header, the way AWS KMS does for its JSON protocol.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** An error of AWS: name, text and status of the answer. */
export class AwsError extends Error {
  readonly status: number

  constructor(name: string, message: string, status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\/(\d{8})\/([^/\s,]+)\/kms\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/
const MAX_SKEW_MS = 5 * 60 * 1000

/**
 * @param now time of the service in ms since the epoch
 * @throws AwsError as AWS answers: no signature, unknown key or token, expired, wrong region, wrong signature
 */
export function verifySignatureV4(
  headers: IncomingHttpHeaders,
  body: string,
  { region, credentials, now }: { readonly region: string; readonly credentials: AwsCredentials; readonly now: number },
): void {
  const { authorization } = headers
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token')
  }
  const match = AUTHORIZATION.exec(authorization)
  if (!match) {
    throw new AwsError('IncompleteSignatureException', `Authorization header is incomplete: ${authorization}`)
  }
  const [, accessKeyId, day = '', scopeRegion = '', names = '', signature = ''] = match
  const token = textOf(headers['x-amz-security-token'])
  if (accessKeyId !== credentials.accessKeyId || token !== (credentials.sessionToken ?? '')) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  if (scopeRegion !== region) {
    throw new AwsError(
      'InvalidSignatureException',
      `Credential should be scoped to a valid region, not '${scopeRegion}'.`,
    )
  }
  const time = textOf(headers['x-amz-date'])
  checkTime(time, now)
  const signedHeaders = names.split(';').map(name => `${name}:${textOf(headers[name]).trim().replace(/\s+/g, ' ')}\n`)
  const canonical = ['POST', '/', '', signedHeaders.join(''), names, sha256(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, `${day}/${region}/kms/aws4_request`, sha256(canonical)].join('\n')
  const key = [region, 'kms', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${credentials.secretAccessKey}`, day))
  if (timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) return
  // AWS repeats the canonical request, and with it the session token.
  throw new AwsError(
    'InvalidSignatureException',
    `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been '${canonical}'`,
  )
}

function checkTime(time: string, now: number): void {
  const [, year, month, date, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? []
  const at = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`)
  if (Math.abs(now - at) <= MAX_SKEW_MS) return
  throw new AwsError('InvalidSignatureException', `Signature expired: ${time} is now earlier or later than allowed`)
}

function textOf(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
