import { ConnectorError, type Hex } from '@kms-connector/protocol'
import type { Ceiling } from './ceiling.ts'
import type { Deadline } from './deadline.ts'
import type { RunningKeccak } from './keccak.ts'

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

/** @throws ConnectorError CIPHERTEXT_TOO_LARGE when the server announces more than is allowed */
export function expectFits(expected: BodyExpectation): void {
  const { length, maxBytes } = expected
  if (length !== undefined && length > maxBytes) throw tooLarge(expected, `announces ${length} bytes`)
}

/** A body on its way: collected and hashed chunk by chunk, so that no large one ever holds up everything else. */
export class ReceivedBody {
  readonly #expected: BodyExpectation
  readonly #keccak: RunningKeccak
  #whole: Uint8Array | undefined
  readonly #chunks: Uint8Array[] = []
  #length = 0

  /** @param keccak just started; it ends with this body */
  constructor(expected: BodyExpectation, keccak: RunningKeccak) {
    this.#expected = expected
    this.#keccak = keccak
  }

  /** @throws ConnectorError CIPHERTEXT_TOO_LARGE for a byte more than announced, or than allowed */
  add(chunk: Uint8Array): void {
    const { length, maxBytes } = this.#expected
    const ceiling = length ?? maxBytes
    if (this.#length + chunk.length > ceiling) throw tooLarge(this.#expected, `sent more than ${ceiling} bytes`)
    this.#keccak.update(chunk)
    if (length === undefined) this.#chunks.push(chunk)
    else this.#place(chunk, length)
    this.#length += chunk.length
  }

  /** A known length is filled in place: joining chunks at the end would need the room twice. */
  #place(chunk: Uint8Array, length: number): void {
    if (this.#length === 0 && isAlmostAll(chunk, length)) {
      this.#whole = chunk
      return
    }
    this.#whole ??= Buffer.allocUnsafeSlow(length)
    this.#whole.set(chunk, this.#length)
  }

  /** @throws ConnectorError CIPHERTEXT_DIGEST_MISMATCH */
  finish(): Uint8Array {
    const bytes = this.#whole?.subarray(0, this.#length) ?? Buffer.concat(this.#chunks, this.#length)
    const found = this.#keccak.digest()
    const { digest: expected, source } = this.#expected
    if (found === expected) return bytes
    const text = `${bytes.length} bytes have keccak256 ${found}, not ${expected}`
    throw new ConnectorError('CIPHERTEXT_DIGEST_MISMATCH', text, { source, digest: found, expected })
  }

  /** Ends it if it has not been finished. */
  discard(): void {
    this.#keccak.discard()
  }
}

/** Headers that share the memory of a body. */
const MAX_BESIDE = 4096

/** Whether a chunk is the whole body, in memory that holds little else: then it is kept as it came. */
function isAlmostAll(chunk: Uint8Array, length: number): boolean {
  return chunk.length === length && chunk.buffer.byteLength - length <= MAX_BESIDE
}

function tooLarge({ source, maxBytes }: BodyExpectation, what: string): ConnectorError {
  return new ConnectorError('CIPHERTEXT_TOO_LARGE', `the bucket ${what}, the ceiling is ${maxBytes}`, {
    source,
    maxBytes,
  })
}
