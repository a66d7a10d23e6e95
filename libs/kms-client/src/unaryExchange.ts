import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Http2SessionManager } from '@connectrpc/connect-node'
import { onAbort } from '@kms-connector/protocol'
import { AnswerBody, envelopeOf } from './answerBody.ts'
import type { Gathered } from './gatheredMessage.ts'
import { resetFault, streamFault } from './streamFault.ts'
import { type AnswerHeaders, expectGrpc, type UnaryAnswer } from './unaryAnswer.ts'

/** One call, ready to be sent. */
export interface UnaryCall {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly request: Gathered
  readonly signal: AbortSignal | undefined
  /** Deadline in milliseconds, connecting included. */
  readonly timeoutMs: number | undefined
  readonly maxMessageBytes: number
}

/**
 * Sends a request and receives the answer, whatever it says.
 * @throws ConnectError when there is no whole answer: no connection, a reset, the deadline, `signal`, or a body that is none
 *   of gRPC. Nothing of the call is left then.
 */
export function exchange(sessions: Http2SessionManager, call: UnaryCall): Promise<UnaryAnswer> {
  return new Promise((resolve, reject) => new Exchange(sessions, call, resolve, reject).start())
}

/** Invariant: it ends once, with the whole answer or with a fault; then timer, listener and stream are released. */
class Exchange {
  readonly #sessions: Http2SessionManager
  readonly #call: UnaryCall
  readonly #resolve: (answer: UnaryAnswer) => void
  readonly #reject: (fault: ConnectError) => void
  readonly #body: AnswerBody
  #stream: ClientHttp2Stream | undefined
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined
  #headers: AnswerHeaders | undefined
  #trailers: IncomingHttpHeaders | undefined
  #ended = false

  constructor(
    sessions: Http2SessionManager,
    call: UnaryCall,
    resolve: (answer: UnaryAnswer) => void,
    reject: (fault: ConnectError) => void,
  ) {
    this.#sessions = sessions
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    this.#body = new AnswerBody(call.maxMessageBytes)
  }

  start(): void {
    const { path, headers, signal, timeoutMs } = this.#call
    if (signal?.aborted) {
      this.#aborted(signal)
      return
    }
    if (signal) this.#unlisten = onAbort(signal, () => this.#aborted(signal))
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#fail(timedOut()), timeoutMs)
    this.#sessions.request('POST', path, headers, {}).then(
      stream => this.#opened(stream),
      fault => this.#fail(streamFault(fault)),
    )
  }

  #opened(stream: ClientHttp2Stream): void {
    this.#stream = stream
    stream.on('error', fault => this.#fail(streamFault(fault)))
    if (this.#ended) {
      stream.close(constants.NGHTTP2_CANCEL)
      return
    }
    stream.on('response', headers => {
      this.#headers = headers
      this.#attempt(() => expectGrpc(headers))
    })
    stream.on('trailers', trailers => {
      this.#trailers = trailers
    })
    stream.on('data', (chunk: Uint8Array) => {
      this.#sessions.notifyResponseByteRead(stream)
      this.#attempt(() => this.#body.add(chunk))
    })
    stream.on('end', () => this.#attempt(() => this.#received(stream)))
    stream.on('close', () => {
      // A fault costs a stack trace, and every stream closes.
      if (!this.#ended) this.#fail(resetFault(stream.rstCode))
    })
    const { pieces, bytes } = this.#call.request
    // They leave together; joining them would need a large request twice.
    stream.cork()
    stream.write(envelopeOf(bytes))
    for (const piece of pieces) stream.write(piece)
    stream.end()
  }

  #received({ rstCode }: ClientHttp2Stream): void {
    const [headers, trailers] = [this.#headers, this.#trailers]
    // Node ends what can be read of a stream that was reset, too: 'close' follows and tells why.
    if (this.#ended || headers === undefined || (trailers === undefined && rstCode !== 0)) return
    const message = this.#body.end()
    this.#release()
    this.#resolve({ headers, trailers: trailers ?? {}, message })
  }

  #attempt(step: () => void): void {
    try {
      step()
    } catch (fault) {
      this.#fail(ConnectError.from(fault))
    }
  }

  #aborted({ reason }: AbortSignal): void {
    this.#fail(ConnectError.from(reason, Code.Canceled))
  }

  #fail(fault: ConnectError): void {
    if (this.#ended) return
    this.#release()
    if (this.#stream && !this.#stream.closed) this.#stream.close(resetCode(fault))
    this.#reject(fault)
  }

  #release(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#unlisten?.()
  }
}

const timedOut = () => new ConnectError('the operation timed out', Code.DeadlineExceeded)

/** How gRPC over HTTP/2 tells the server that nobody waits any more. */
function resetCode({ code }: ConnectError): number {
  return code === Code.Canceled ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_INTERNAL_ERROR
}
