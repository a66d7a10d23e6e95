import { ErrorCode, NatsError } from 'nats'

/** JetStream API error codes this connector acts on (nats-server `errors.json`). */
export const WRONG_LAST_SEQUENCE = 10071
/** Several limits share this code: the text tells which one. */
const STORE_LIMIT = 10077
const MESSAGE_TOO_LARGE = 10054
const STREAM_NOT_FOUND = 10059
const CONSUMER_NOT_FOUND = 10014
const MESSAGE_NOT_FOUND = 10037

/** What a failed publish means. `transient` is everything that a later attempt may not run into. */
export type PublishFault = 'duplicate' | 'full' | 'too-large' | 'closed' | 'unusable' | 'transient'

/** @returns error code of a JetStream API answer, undefined when the fault did not come from the API */
export function apiErrorCode(fault: unknown): number | undefined {
  return fault instanceof NatsError ? fault.api_error?.err_code : undefined
}

/** The words of the server where there are any: the client puts its own in front for some of its answers. */
export function faultText(fault: unknown): string {
  if (fault instanceof NatsError && fault.api_error) return fault.api_error.description
  return fault instanceof Error ? fault.message : String(fault)
}

/**
 * Classifies a failed publish. Code 10077 is sent for every limit of a stream: only "maximum messages per subject" says
 * that this very message is stored already; "maximum bytes" and "maximum messages" mean that the stream is full.
 */
export function publishFault(fault: unknown): PublishFault {
  switch (apiErrorCode(fault)) {
    case STORE_LIMIT:
      return faultText(fault).includes('per subject') ? 'duplicate' : 'full'
    case MESSAGE_TOO_LARGE:
      return 'too-large'
    default:
      return clientFault(fault)
  }
}

function clientFault(fault: unknown): PublishFault {
  switch (fault instanceof NatsError ? fault.code : undefined) {
    case ErrorCode.MaxPayloadExceeded:
      return 'too-large'
    case ErrorCode.ConnectionClosed:
    case ErrorCode.ConnectionDraining:
      return 'closed'
    case ErrorCode.BadSubject:
    case ErrorCode.BadHeader:
    case ErrorCode.BadPayload:
      return 'unusable'
    default:
      return 'transient'
  }
}

export function isStreamMissing(fault: unknown): boolean {
  return apiErrorCode(fault) === STREAM_NOT_FOUND
}

export function isConsumerMissing(fault: unknown): boolean {
  return apiErrorCode(fault) === CONSUMER_NOT_FOUND
}

export function isMessageMissing(fault: unknown): boolean {
  return apiErrorCode(fault) === MESSAGE_NOT_FOUND
}
