/** One protocol operation as it is on the wire: its control line, and what follows it. */
export interface NatsFrame {
  /** First word of the control line in capitals, such as "HPUB". */
  readonly verb: string
  /** The other words of the control line; one word, the JSON text, for INFO and CONNECT. */
  readonly words: readonly string[]
  /** Undefined for operations without a payload; header block included where there is one. */
  readonly payload: Buffer | undefined
}

/** The last word of these control lines is the number of bytes that follow (NATS client protocol). */
const WITH_PAYLOAD = new Set(['PUB', 'HPUB', 'MSG', 'HMSG'])
/** One word, whatever spaces it has. */
const JSON_TEXT = new Set(['INFO', 'CONNECT', '-ERR'])
const CRLF = Buffer.from('\r\n')
/** More than any server sends: the list of servers of a large cluster is in the INFO line. */
const MAX_LINE_BYTES = 256 * 1024
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

/** Cuts a stream of bytes, in whatever pieces it arrives, into operations of the NATS client protocol. */
export class NatsFrames {
  #chunks: Buffer[] = []
  #size = 0
  #wanted = 0

  /**
   * @param chunk the next bytes
   * @returns the operations that are complete now
   * @throws Error when the bytes are no NATS protocol
   */
  push(chunk: Buffer): NatsFrame[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    // A large payload arrives in many pieces: they are joined once, not once a piece.
    if (this.#size < this.#wanted) return []
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#size)
    const frames: NatsFrame[] = []
    for (;;) {
      const read = readFrame(rest)
      if ('wanted' in read) {
        this.#wanted = read.wanted
        break
      }
      frames.push(read.frame)
      rest = rest.subarray(read.bytes)
    }
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#size = rest.length
    return frames
  }
}

type Read = { readonly frame: NatsFrame; readonly bytes: number } | { readonly wanted: number }

function readFrame(bytes: Buffer): Read {
  const lineEnd = bytes.indexOf(CRLF)
  if (lineEnd < 0) {
    if (bytes.length > MAX_LINE_BYTES) throw new Error(`no NATS protocol: a line of more than ${MAX_LINE_BYTES} bytes`)
    return { wanted: bytes.length + 1 }
  }
  const line = bytes.toString('utf8', 0, lineEnd)
  const [first = ''] = line.split(/[ \t]/, 1)
  const verb = first.toUpperCase()
  const text = line.slice(first.length).trim()
  const words = JSON_TEXT.has(verb) ? [text] : text === '' ? [] : text.split(/[ \t]+/)
  const afterLine = lineEnd + CRLF.length
  if (!WITH_PAYLOAD.has(verb)) return { frame: { verb, words, payload: undefined }, bytes: afterLine }
  const size = Number(words.at(-1))
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_PAYLOAD_BYTES) {
    throw new Error(`no NATS protocol: "${line.slice(0, 200)}"`)
  }
  const end = afterLine + size + CRLF.length
  if (bytes.length < end) return { wanted: end }
  return { frame: { verb, words, payload: bytes.subarray(afterLine, afterLine + size) }, bytes: end }
}

/** @returns the bytes of an operation */
export function encodeFrame({ verb, words, payload }: NatsFrame): Buffer {
  const line = Buffer.from(`${[verb, ...words].join(' ')}\r\n`, 'utf8')
  return payload === undefined ? line : Buffer.concat([line, payload, CRLF])
}
