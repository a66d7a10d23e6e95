import { decodeOutcome } from '@kms-connector/protocol'
import { OUTCOMES } from '@kms-connector/streams'
import type { EndedRequest } from './auditWave.ts'
import type { Stored } from './readStream.ts'

/** @returns how a request ended, from the stream of outcomes of either pipeline */
export function endedRequest(stream: string, { body }: Stored): EndedRequest {
  if (stream === OUTCOMES) {
    const { id, status, nonce } = decodeOutcome(body)
    return { id, confirmed: status === 'confirmed', nonce }
  }
  // CAST: written by the bare sender
  const { id, status, nonce } = JSON.parse(Buffer.from(body).toString()) as BareOutcome
  return { id, confirmed: status === '0x1', nonce }
}

interface BareOutcome {
  readonly id: string
  readonly status: string
  readonly nonce: number
}
