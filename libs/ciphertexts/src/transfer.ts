import type { IncomingHttpHeaders } from 'node:http'
import type { Hex } from '@kms-connector/protocol'
import type { Dispatcher } from 'undici'
import type { Ceiling } from './ceiling.ts'
import type { Deadline } from './deadline.ts'
import { s3CodeOf, statusFault } from './fault.ts'
import { formatOf } from './format.ts'
import type { RunningKeccak } from './keccak.ts'
import { expectFits, ReceivedBody } from './receivedBody.ts'
import type { VerifiedObject } from './source.ts'

export interface TransferOptions {
  readonly digest: Hex
  readonly source: string
  readonly maxBytes: number
  readonly bytesInFlight: Ceiling
  readonly deadline: Deadline
}

/** As much of an error body as is read to find its code. */
const MAX_ERROR_BODY = 4096

/**
 * One GET of a ciphertext under way, as undici tells about it: without a stream or a signal of its own, which would cost
 * more than the rest. Room for the body is reserved before its first byte is read.
 *
 * Invariant: the object settles once; afterwards nothing is read and nothing is held.
 */
export class Transfer implements Dispatcher.DispatchHandler {
  readonly object: Promise<VerifiedObject>
  readonly #options: TransferOptions
  readonly #keccak: RunningKeccak
  readonly #settle: { readonly resolve: (object: VerifiedObject) => void; readonly reject: (fault: unknown) => void }
  readonly #unlisten: () => void
  readonly #errorChunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #headers: IncomingHttpHeaders = {}
  #status = 0
  #body: ReceivedBody | undefined
  #release: (() => void) | undefined
  #settled = false

  /** @param keccak just started; it ends with the transfer */
  constructor(options: TransferOptions, keccak: RunningKeccak) {
    const { promise, resolve, reject } = Promise.withResolvers<VerifiedObject>()
    this.object = promise
    this.#settle = { resolve, reject }
    this.#options = options
    this.#keccak = keccak
    this.#unlisten = options.deadline.onAbort(() => this.fail(options.deadline.reason))
  }

  /** Ends it; harmless when it has ended. */
  fail(fault: unknown): void {
    if (this.#settled) return
    this.#end()
    this.#controller?.abort(fault instanceof Error ? fault : new Error(String(fault)))
    this.#settle.reject(fault)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It may have waited for its connection until then.
    if (this.#settled) controller.abort(new Error('given up'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#settled || status < 200) return
    this.#status = status
    this.#headers = headers
    if (status <= 299) this.#attempt(() => this.#begin(controller))
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#settled) return
    if (this.#body) this.#attempt(() => this.#body?.add(chunk))
    else this.#readError(chunk)
  }

  onResponseEnd(): void {
    this.#attempt(() => {
      if (this.#settled) return
      if (!this.#body) throw this.#statusFault()
      const object = { bytes: this.#body.finish(), format: formatOf(headerOf(this.#headers, 'x-amz-meta-ct-format')) }
      this.#end()
      this.#settle.resolve(object)
    })
  }

  onResponseError(_: unknown, fault: Error): void {
    this.fail(fault)
  }

  #begin(controller: Dispatcher.DispatchController): void {
    const announced = headerOf(this.#headers, 'content-length')
    const expected = { ...this.#options, length: announced === undefined ? undefined : Number(announced) }
    expectFits(expected)
    const { bytesInFlight, deadline, maxBytes } = this.#options
    const room = expected.length ?? maxBytes
    const release = bytesInFlight.take(room)
    if (release) {
      this.#release = release
      this.#body = new ReceivedBody(expected, this.#keccak)
      return
    }
    controller.pause()
    deadline
      .standStill(() => bytesInFlight.acquire(room, deadline))
      .then(late => {
        if (this.#settled) return late()
        this.#release = late
        this.#body = new ReceivedBody(expected, this.#keccak)
        controller.resume()
      })
      .catch(fault => this.fail(fault))
  }

  #readError(chunk: Buffer): void {
    this.#errorChunks.push(chunk)
    const read = this.#errorChunks.reduce((sum, { length }) => sum + length, 0)
    if (read >= MAX_ERROR_BODY) this.fail(this.#statusFault())
  }

  #statusFault() {
    const start = Buffer.concat(this.#errorChunks).toString('latin1', 0, MAX_ERROR_BODY)
    return statusFault(this.#status, s3CodeOf(start), this.#options.source)
  }

  #attempt(step: () => void): void {
    try {
      step()
    } catch (fault) {
      this.fail(fault)
    }
  }

  #end(): void {
    this.#settled = true
    this.#unlisten()
    this.#release?.()
    this.#keccak.discard()
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
