import { ConnectorError, type Hex } from '@kms-connector/protocol'
import type { Ceiling } from './ceiling.ts'
import type { Deadline } from './deadline.ts'
import { type RunningKeccak, startKeccak } from './keccak.ts'

/** What the body of an answer is held to. */
export interface BodyExpectation {
  /** Content-Length in bytes; undefined where the server does not tell. */
  readonly length: number | undefined
  readonly maxBytes: number
  /** keccak256 of the body. */
  readonly digest: Hex
  readonly source: string
  /** Ceiling of the bytes of all bodies being received. */
  readonly bytesInFlight: Ceiling
  readonly deadline: Deadline
}

/**
 * Receives a body whole while hashing it. Room for the announced length, or for the largest allowed one, is reserved
 * before the first byte is read, so bodies together never exceed the ceiling and no two can wait for each other.
 * @throws ConnectorError CIPHERTEXT_TOO_LARGE, CIPHERTEXT_DIGEST_MISMATCH; what the stream and the deadline throw
 */
export async function receiveBody(body: AsyncIterable<Uint8Array>, expected: BodyExpectation): Promise<Uint8Array> {
  const { length, maxBytes, deadline } = expected
  if (length !== undefined && length > maxBytes) throw tooLarge(expected, `announces ${length} bytes`)
  const release = await deadline.standStill(() => expected.bytesInFlight.acquire(length ?? maxBytes, deadline.signal))
  try {
    const keccak = await startKeccak()
    try {
      const bytes = await collect(body, keccak, expected)
      checkDigest(keccak.digest(), bytes.length, expected)
      return bytes
    } finally {
      keccak.discard()
    }
  } finally {
    release()
  }
}

async function collect(
  body: AsyncIterable<Uint8Array>,
  keccak: RunningKeccak,
  expected: BodyExpectation,
): Promise<Uint8Array> {
  // A known length is filled in place; joining chunks at the end would need the room twice.
  const whole = expected.length === undefined ? undefined : Buffer.allocUnsafeSlow(expected.length)
  const ceiling = whole?.length ?? expected.maxBytes
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    expected.deadline.signal.throwIfAborted()
    if (length + chunk.length > ceiling) throw tooLarge(expected, `sent more than ${ceiling} bytes`)
    keccak.update(chunk)
    if (whole) whole.set(chunk, length)
    else chunks.push(chunk)
    length += chunk.length
  }
  return whole ? whole.subarray(0, length) : Buffer.concat(chunks, length)
}

function checkDigest(digest: Hex, length: number, expected: BodyExpectation): void {
  if (digest === expected.digest) return
  throw new ConnectorError(
    'CIPHERTEXT_DIGEST_MISMATCH',
    `${length} bytes have keccak256 ${digest}, not ${expected.digest}`,
    {
      source: expected.source,
      digest,
      expected: expected.digest,
    },
  )
}

function tooLarge({ source, maxBytes }: BodyExpectation, what: string): ConnectorError {
  return new ConnectorError('CIPHERTEXT_TOO_LARGE', `the bucket ${what}, the ceiling is ${maxBytes}`, {
    source,
    maxBytes,
  })
}
