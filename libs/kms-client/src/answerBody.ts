import { Code, ConnectError } from '@connectrpc/connect'

/** gRPC puts one byte of flags and four of length in front of a message. */
const ENVELOPE_BYTES = 5
const COMPRESSED = 1

/** The body of a unary answer: at most one message in its envelope, in whatever pieces it arrives. */
export class AnswerBody {
  readonly #maxBytes: number
  readonly #chunks: Uint8Array[] = []
  #received = 0
  #expected: number | undefined

  /** @param maxBytes largest message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @throws ConnectError for a message that announces too many bytes, before they arrive, and for more than one message */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#received += chunk.length
    if (this.#received < ENVELOPE_BYTES) return
    this.#expected ??= this.#announced()
    if (this.#received <= this.#expected) return
    throw new ConnectError('protocol error: received extra output message for unary method', Code.Unimplemented)
  }

  /**
   * @returns the message; undefined when there was none
   * @throws ConnectError for a message that was cut off
   */
  end(): Uint8Array | undefined {
    if (this.#received === this.#expected) return this.#message()
    // An envelope alone says nothing, as the library sees it; the status tells more.
    if (this.#received === 0 || this.#received === ENVELOPE_BYTES) return undefined
    throw new ConnectError('protocol error: incomplete envelope', Code.InvalidArgument)
  }

  #message(): Uint8Array {
    const whole = this.#whole()
    if (((whole[0] ?? 0) & COMPRESSED) === 0) return whole.subarray(ENVELOPE_BYTES)
    throw new ConnectError('received compressed envelope, but do not know how to decompress', Code.Internal)
  }

  #announced(): number {
    const length = this.#whole().readUInt32BE(1)
    if (length > this.#maxBytes) {
      const text = `message size ${length} is larger than configured readMaxBytes ${this.#maxBytes}`
      throw new ConnectError(text, Code.ResourceExhausted)
    }
    return ENVELOPE_BYTES + length
  }

  /** What has arrived, in one piece. */
  #whole(): Buffer {
    const [first] = this.#chunks
    if (this.#chunks.length !== 1 || !first) return Buffer.concat(this.#chunks, this.#received)
    return Buffer.from(first.buffer, first.byteOffset, first.byteLength)
  }
}

/** The envelope of a message of so many bytes, uncompressed. */
export function envelopeOf(bytes: number): Uint8Array {
  const head = Buffer.alloc(ENVELOPE_BYTES)
  head.writeUInt32BE(bytes, 1)
  return head
}
