import { z } from 'zod'
import { ConnectorError } from '../connectorError.ts'
import { CURVE_ORDER } from '../curve/secp256k1.ts'
import { type Hex, hexOf } from '../hex.ts'
import type { RequestId } from '../requestId.ts'

const bytes = z.instanceof(Uint8Array)

/** The contracts refuse signatures with a larger s. */
const HALF_ORDER = CURVE_ORDER >> 1n

/** Parts of a KMS Core result that every answer has. */
export const signedResultSchema = z.object({ externalSignature: bytes, extraData: bytes })

/**
 * Reads a gRPC result as the shape an operation expects.
 * @throws ConnectorError CORE_ANSWER_INVALID naming the first field that does not fit
 */
export function readResult<T>(schema: z.ZodType<T>, result: unknown): T {
  const parsed = schema.safeParse(result)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ConnectorError(
    'CORE_ANSWER_INVALID',
    `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'invalid'}`,
  )
}

/**
 * Checks the form the contracts demand of KMS Core's external signature: 65 bytes r, s, v with low s and v 27 or 28.
 * @throws ConnectorError CORE_SIGNATURE_INVALID
 */
export function signatureHex(signature: Uint8Array): Hex {
  if (signature.length !== 65) {
    throw new ConnectorError('CORE_SIGNATURE_INVALID', `the signature has ${signature.length} bytes, not 65`)
  }
  const v = signature[64]
  if (v !== 27 && v !== 28)
    throw new ConnectorError('CORE_SIGNATURE_INVALID', `the signature has v = ${v}, not 27 or 28`)
  const hex = hexOf(signature)
  if (BigInt(`0x${hex.slice(66, 130)}`) > HALF_ORDER) {
    throw new ConnectorError('CORE_SIGNATURE_INVALID', 'the signature has a high s')
  }
  return hex
}

/** @throws ConnectorError CORE_ANSWER_INVALID when the Core answered for another request */
export function expectSameId(expected: RequestId, found: string | undefined, field: string): void {
  if (found !== expected) {
    throw new ConnectorError(
      'CORE_ANSWER_INVALID',
      `${field} is ${String(found).slice(0, 80)}, requested was ${expected}`,
    )
  }
}

export const coreIdSchema = z.object({ requestId: z.string() })
export { bytes as bytesSchema }
