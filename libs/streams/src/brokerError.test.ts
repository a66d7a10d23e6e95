import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NatsError } from 'nats'
import { publishFault } from './brokerError.ts'

function apiError(errCode: number, description: string): NatsError {
  // The client words answers of class 503 itself; what the server said is only in the attached answer.
  const error = new NatsError('jetstream not enabled', '503')
  error.api_error = { code: 503, err_code: errCode, description }
  return error
}

const cases: readonly (readonly [unknown, string])[] = [
  [apiError(10077, 'maximum messages per subject exceeded'), 'duplicate'],
  [apiError(10077, 'maximum bytes exceeded'), 'full'],
  [apiError(10077, 'maximum messages exceeded'), 'full'],
  [apiError(10054, 'message size exceeds maximum allowed'), 'too-large'],
  [new NatsError('MAX_PAYLOAD_EXCEEDED', 'MAX_PAYLOAD_EXCEEDED'), 'too-large'],
  [apiError(10158, 'duplicate message id is in process'), 'transient'],
  [apiError(10164, 'wrong last sequence'), 'transient'],
  [apiError(10008, 'jetstream system temporarily unavailable'), 'transient'],
  [new NatsError('503', '503'), 'transient'],
  [new NatsError('TIMEOUT', 'TIMEOUT'), 'transient'],
  [new NatsError('CONNECTION_CLOSED', 'CONNECTION_CLOSED'), 'closed'],
  [new NatsError('BAD_SUBJECT', 'BAD_SUBJECT'), 'unusable'],
  [new Error('anything'), 'transient'],
  ['text', 'transient'],
]

test('only the per-subject limit is a duplicate; a full stream and the unknown are tried again', () => {
  for (const [fault, expected] of cases) assert.equal(publishFault(fault), expected, String(fault))
})
