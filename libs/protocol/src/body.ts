import { z } from 'zod'
import { ConnectorError } from './connectorError.ts'
import { parseJsonWithin } from './jsonDepth.ts'

/** Schema version of every message body; a body with a newer one is refused, never guessed. */
export const BODY_VERSION = 1

/** Bodies are small by design (ids and handles, never a ciphertext); this bounds what is parsed at all. */
const MAX_BODY_BYTES = 1024 * 1024

/** JSON with bigints as 0x-hex, so that `nats stream view` shows an operator something readable. */
export function encodeBody(body: object): Uint8Array {
  return Buffer.from(
    JSON.stringify(body, (_key, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value)),
  )
}

const versionSchema = z.object({ v: z.number() })

/**
 * Parses a message body.
 * @throws ConnectorError MESSAGE_MALFORMED or MESSAGE_VERSION_UNKNOWN; never anything else
 */
export function decodeBody<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  const json = parseJson(bytes)
  const version = versionSchema.safeParse(json)
  if (!version.success) throw new ConnectorError('MESSAGE_MALFORMED', 'the body has no schema version "v"')
  if (version.data.v !== BODY_VERSION) {
    throw new ConnectorError(
      'MESSAGE_VERSION_UNKNOWN',
      `schema version ${version.data.v}, this build knows ${BODY_VERSION}`,
    )
  }
  return fit(schema, json)
}

/** @throws ConnectorError MESSAGE_MALFORMED naming the first field that does not fit */
export function fit<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ConnectorError('MESSAGE_MALFORMED', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BODY_BYTES) throw new ConnectorError('MESSAGE_MALFORMED', `the body has ${bytes.length} bytes`)
  try {
    return parseJsonWithin(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch (cause) {
    throw new ConnectorError(
      'MESSAGE_MALFORMED',
      cause instanceof RangeError ? cause.message : 'the body is not JSON',
      {},
      cause,
    )
  }
}
