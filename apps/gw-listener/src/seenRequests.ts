import { hash } from 'node:crypto'
import { encodeBody, type Request, type RequestId } from '@kms-connector/protocol'

export type Sighting = 'new' | 'seen' | 'conflict'

/**
 * Requests that this process has published lately, with a digest of what they ask for. Overlap re-scans skip what is
 * known without a word to the broker, and the same id with another payload shows: ids are plain counters, so after a
 * reorganisation an id can denote another request. Operations never share an id: its first byte tells them apart.
 */
export class SeenRequests {
  readonly #capacity: number
  readonly #digests = new Map<RequestId, string>()

  /** @param capacity ids remembered; the oldest is forgotten first */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  look(request: Request): Sighting {
    const known = this.#digests.get(request.id)
    if (known === undefined) return 'new'
    return known === payloadDigest(request) ? 'seen' : 'conflict'
  }

  /** Forgets everything: the broker may not have it any more. */
  clear(): void {
    this.#digests.clear()
  }

  remember(request: Request): void {
    this.#digests.set(request.id, payloadDigest(request))
    if (this.#digests.size <= this.#capacity) return
    const oldest = this.#digests.keys().next()
    if (!oldest.done) this.#digests.delete(oldest.value)
  }
}

/** Digest of what a request asks for, wherever on chain it stands. */
export function payloadDigest({ payload }: Pick<Request, 'payload'>): string {
  return hash('sha256', encodeBody({ payload }), 'binary')
}
