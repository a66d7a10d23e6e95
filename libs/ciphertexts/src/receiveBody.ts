import { startKeccak } from './keccak.ts'
import { type BodyExpectation, expectFits, ReceivedBody } from './receivedBody.ts'

/**
 * Receives a body whole while hashing it. Room for the announced length, or for the largest allowed one, is reserved
 * before the first byte is read, so bodies together never exceed the ceiling and no two can wait for each other.
 * @throws ConnectorError CIPHERTEXT_TOO_LARGE, CIPHERTEXT_DIGEST_MISMATCH; what the stream and the deadline throw
 */
export async function receiveBody(stream: AsyncIterable<Uint8Array>, expected: BodyExpectation): Promise<Uint8Array> {
  const { length, maxBytes, deadline, bytesInFlight } = expected
  expectFits(expected)
  const release = await deadline.standStill(() => bytesInFlight.acquire(length ?? maxBytes, deadline))
  try {
    const body = new ReceivedBody(expected, await startKeccak())
    try {
      for await (const chunk of stream) {
        deadline.throwIfAborted()
        body.add(chunk)
      }
      return body.finish()
    } finally {
      body.discard()
    }
  } finally {
    release()
  }
}
