import { ConnectorError } from '@kms-connector/protocol'

const TIMEOUT_CODES = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
  'TimeoutError',
])

/**
 * What an answer other than 2xx means. S3 says 403 AccessDenied instead of 404 to callers that may not list the bucket,
 * so both mean that the object is not there for us; other codes of 403 are about our signature.
 * @param s3Code `Code` of the XML error, if there was one
 */
export function statusFault(status: number, s3Code: string | undefined, source: string): ConnectorError {
  const missing =
    (status === 404 && s3Code !== 'NoSuchBucket') ||
    (status === 403 && (s3Code === undefined || s3Code === 'AccessDenied'))
  const redirect = status >= 300 && status < 400 ? ', redirects are not followed' : ''
  const detail = `HTTP ${status}${s3Code === undefined ? '' : ` ${s3Code}`}${redirect}`
  return new ConnectorError(missing ? 'CIPHERTEXT_MISSING' : 'CIPHERTEXT_UNAVAILABLE', detail, {
    source,
    status,
    s3Code,
  })
}

/** @returns the `Code` of an S3 XML error, from however much of the body was read. */
export function s3CodeOf(body: string): string | undefined {
  return /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(body)?.[1]
}

/** What went wrong below HTTP: timeouts are told apart from everything else. Passes on what has a code already. */
export function transportFault(fault: unknown, source: string): ConnectorError {
  for (let cause: unknown = fault, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof ConnectorError) return cause
    // The AWS SDK names a reset connection TimeoutError as well; there the code tells.
    if (TIMEOUT_CODES.has(codeOf(cause) || cause.name)) {
      return new ConnectorError('CIPHERTEXT_TIMEOUT', cause.message, { source }, fault)
    }
  }
  const detail =
    fault instanceof Error ? [codeOf(fault), fault.message].filter(part => part !== '').join(': ') : String(fault)
  return new ConnectorError('CIPHERTEXT_UNAVAILABLE', detail, { source }, fault)
}

function codeOf(fault: Error): string {
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : ''
}
