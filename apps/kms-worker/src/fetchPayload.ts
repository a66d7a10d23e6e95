import type { CiphertextStore } from '@kms-connector/ciphertexts'
import { type CiphertextRef, ConnectorError, type FetchedCiphertext } from '@kms-connector/protocol'
import type { Payload } from './payloadMemory.ts'

/** Ciphertexts of one request being fetched at once: a request with a thousand of them must not hold the others up. */
const LANES = 8

export interface PayloadSource {
  readonly ciphertexts: Pick<CiphertextStore, 'fetch'>
  /** Bytes of all ciphertexts of one request. */
  readonly maxRequestBytes: number
  /** @throws ConnectorError where the settings refuse a ciphertext before anything is fetched */
  readonly expectAccepted: (ref: CiphertextRef) => Promise<void>
  /** Told of a ciphertext that was fetched and is what the request names. */
  readonly onFetched: () => void
  /** Told of a ciphertext that no source gave. */
  readonly onMissing: (ref: CiphertextRef) => void
}

/**
 * Fetches all ciphertexts of a request.
 * @param payload counts them; it has to be closed when they are not needed any more
 * @returns in the order of `refs`. When one cannot be had the others are cancelled, because a request needs all of them.
 * @throws ConnectorError of the first that failed; CIPHERTEXT_TOO_LARGE when all together are; the reason of `signal`
 */
export async function fetchPayload(
  { ciphertexts, maxRequestBytes, expectAccepted, onFetched, onMissing }: PayloadSource,
  refs: readonly CiphertextRef[],
  payload: Payload,
  signal: AbortSignal,
): Promise<FetchedCiphertext[]> {
  const cancelled = new AbortController()
  // Alone there is nobody to cancel.
  const either = refs.length === 1 ? signal : AbortSignal.any([signal, cancelled.signal])
  const fetched: FetchedCiphertext[] = []
  const queue = refs.entries()
  let total = 0
  const lane = async (): Promise<void> => {
    for (const [index, ref] of queue) {
      await expectAccepted(ref)
      await payload.room(either)
      const one = await ciphertexts.fetch(ref, either).catch(fault => {
        if (!either.aborted) onMissing(ref)
        throw fault
      })
      onFetched()
      payload.add(one.bytes.length)
      total += one.bytes.length
      if (total > maxRequestBytes) throw tooLarge(refs.length, maxRequestBytes)
      fetched[index] = one
    }
  }
  const lanes = Array.from({ length: Math.min(LANES, refs.length) }, lane)
  try {
    await Promise.all(lanes)
    return fetched
  } catch (fault) {
    cancelled.abort(fault)
    await Promise.allSettled(lanes)
    throw fault
  }
}

function tooLarge(count: number, maxBytes: number): ConnectorError {
  return new ConnectorError('CIPHERTEXT_TOO_LARGE', `${count} ciphertexts together exceed ${maxBytes} bytes`)
}
