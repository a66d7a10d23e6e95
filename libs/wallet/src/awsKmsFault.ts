/** A failed call to AWS KMS, as far as it may be shown: what the SDK throws holds the request with its credentials. */
export interface AwsKmsFault {
  /** Whether the same call may succeed a moment later. */
  readonly transient: boolean
  /** Name of the error, such as `ThrottlingException`, or code of a network fault. */
  readonly name: string
  readonly text: string
}

/**
 * Documented errors of AWS KMS and of AWS in common that pass by themselves. Throttling comes with status 400, so the
 * status does not tell.
 */
const PASSING = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'TooManyRequestsException',
  'KMSInternalException',
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'AbortError',
])

/** Their texts name keys, callers and permissions. Others may repeat headers, the session token among them. */
const SPEAKING = new Set([
  'AccessDeniedException',
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'InvalidKeyUsageException',
  'InvalidArnException',
  'UnsupportedOperationException',
  'ValidationException',
])

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError'])
const MAX_TEXT = 300

/** Reads anything that the AWS SDK throws. Never throws. */
export function readAwsKmsFault(fault: unknown): AwsKmsFault {
  if (!(fault instanceof Error)) return { transient: true, name: 'unknown', text: 'the call failed without an error' }
  const metadata = fieldOf(fault, '$metadata')
  const status = fieldOf(metadata, 'httpStatusCode')
  const name = nameOf(fault)
  if (NO_CREDENTIALS.has(name)) {
    const text = 'no AWS credentials were found in environment, shared files, web identity, container or instance role'
    return { transient: false, name, text }
  }
  const refused = typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429
  // A request signed at a wrong time: the SDK has learned the time of the service from the refusal.
  const clockCorrected = fieldOf(metadata, 'clockSkewCorrected') === true
  const shown = [name, typeof status === 'number' ? ` (HTTP ${status})` : '', speech(name, fault.message)].join('')
  return { transient: !refused || PASSING.has(name) || clockCorrected, name, text: shown }
}

function nameOf(fault: Error): string {
  const code = fieldOf(fault, 'code')
  const name = fault.name === 'Error' && typeof code === 'string' ? code : fault.name
  return /^[\w.#:-]{1,80}$/.test(name) ? name : 'unknown'
}

function speech(name: string, message: string): string {
  if (!SPEAKING.has(name)) return ''
  return `: ${message.replaceAll(/[\s\p{Cc}]+/gu, ' ').slice(0, MAX_TEXT)}`
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
