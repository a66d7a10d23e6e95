import { Code, ConnectError } from '@connectrpc/connect'

/** Why the Core does not do what was asked; `reason` stays in the node's own log. */
export class CoreRefusal extends Error {
  override readonly name = 'CoreRefusal'
  readonly code: Code

  constructor(code: Code, reason: string) {
    super(reason)
    this.code = code
  }
}

/**
 * The status a caller sees. KMS Core redacts every text to the request id and the name of the metric that counted the
 * failure, so nothing about a ciphertext or a key can leak through an error.
 */
export function redacted(fault: unknown, requestId: string, metric: string): ConnectError {
  const code = fault instanceof CoreRefusal ? fault.code : Code.Internal
  return new ConnectError(`Failed on requestID ${requestId} with metric ${metric}`, code)
}
