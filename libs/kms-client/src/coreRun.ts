import { setTimeout as sleep } from 'node:timers/promises'
import type { DescMethodUnary, Message } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import {
  ConnectorError,
  type CoreRequest,
  type ErrorCode,
  type PollMethod,
  type RequestId,
  type SubmitMethod,
} from '@kms-connector/protocol'
import { CoreServiceEndpoint } from '#gen/kms_service/v1/core_service_pb.js'
import { type CallEnding, callEnding } from './callEnding.ts'
import type { Channel } from './channel.ts'
import { codeToFault } from './codeToFault.ts'
import type { CompleteOptions } from './coreClientOptions.ts'
import { requestMessage } from './requestMessage.ts'

/** One piece of work for a Core, without its payload. */
export interface CoreWork {
  readonly requestId: RequestId
  /** Picks the Core. */
  readonly shardId: RequestId
  readonly submit: SubmitMethod
  /** Undefined for fire-and-forget operations: an accepted submit is the end. */
  readonly poll: PollMethod | undefined
  /**
   * Makes the message of the submit RPC, ciphertexts and all. Called once for each submit and not kept, so that nothing
   * holds the payload while the Core computes; called again when the Core has forgotten the request. Its own errors
   * pass through `run`.
   */
  readonly build: (signal: AbortSignal) => Promise<CoreRequest>
  /** Sent with every call as gRPC metadata. */
  readonly headers?: Readonly<Record<string, string>>
  /** The request may have been submitted before: poll first, and build and submit only if the Core does not know it. */
  readonly resume?: boolean
}

/** One KMS Core and our connections to it. */
export interface Core {
  readonly shard: number
  readonly origin: string
  /** Apart from polls: requests of many megabytes must not hold up answers, nor polls use up the streams of submits. */
  readonly submits: Channel
  readonly polls: Channel
}

type Answer = { readonly message: Message } | { readonly ending: CallEnding }

/** The calls for one request to one Core. */
export class CoreRun {
  readonly #options: CompleteOptions
  readonly #core: Core
  readonly #work: CoreWork
  readonly #signal: AbortSignal
  #submits = 0

  constructor(options: CompleteOptions, core: Core, work: CoreWork, signal: AbortSignal) {
    this.#options = options
    this.#core = core
    this.#work = work
    this.#signal = signal
  }

  /** Builds and submits the request; returns once the Core has it. Nothing here outlives the call: see `build`. */
  async submit(): Promise<void> {
    const { submit, build } = this.#work
    this.#throwIfStopped(submit)
    this.#submits += 1
    const method = CoreServiceEndpoint.method[submit]
    const message = requestMessage(method.input, await build(this.#signal))
    const { initTimeoutMs, submitTimeoutMs } = this.#options
    const timeoutMs = submit === 'init' ? initTimeoutMs : submitTimeoutMs
    const answer = await this.#call(this.#core.submits, method, message, timeoutMs)
    if ('message' in answer) return
    const ruling = codeToFault('submit', answer.ending)
    if (ruling.kind === 'fault') throw this.#fault(ruling.code, submit, answer.ending)
  }

  /** Polls without pause between long polls until there is a result, a fault, or no budget left. */
  async poll(poll: PollMethod): Promise<Message> {
    const { pollBudgetMs, pollTimeoutMs } = this.#options
    const method = CoreServiceEndpoint.method[poll]
    const message = requestMessage(method.input, { requestId: this.#work.requestId })
    const deadline = performance.now() + pollBudgetMs
    let last: CallEnding | undefined
    for (;;) {
      const started = performance.now()
      const left = Math.ceil(deadline - started)
      if (left <= 0) throw this.#outOfBudget(poll, last)
      const answer = await this.#call(this.#core.polls, method, message, Math.min(pollTimeoutMs, left))
      if ('message' in answer) return answer.message
      const { ending } = answer
      const ruling = codeToFault('poll', ending)
      if (ruling.kind === 'fault') throw this.#fault(ruling.code, poll, ending)
      if (ruling.kind === 'resubmit') {
        await this.#resubmit(poll, ending)
      } else {
        // A poll that the budget cut short says nothing about the Core.
        if (left > pollTimeoutMs || ending.code !== Code.DeadlineExceeded) last = ending
        await this.#pauseAfter(poll, performance.now() - started, deadline)
      }
    }
  }

  async #resubmit(poll: PollMethod, ending: CallEnding): Promise<void> {
    if (this.#submits > this.#options.maxResubmits) throw this.#fault('CORE_FORGOT', poll, ending)
    await this.submit()
  }

  /** A Core that is down fails a poll at once; jitter keeps the polls of many requests apart when it comes back. */
  async #pauseAfter(poll: PollMethod, tookMs: number, deadline: number): Promise<void> {
    const { earlyPollMs, pollPauseMs } = this.#options
    if (tookMs >= earlyPollMs) return
    const pauseMs = Math.min(pollPauseMs * (0.5 + Math.random()), Math.max(0, deadline - performance.now()))
    // Rejects only when the signal fires, which the check turns into our error.
    await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => undefined)
    this.#throwIfStopped(poll)
  }

  async #call(channel: Channel, method: DescMethodUnary, message: Message, timeoutMs: number): Promise<Answer> {
    const started = performance.now()
    const record = (code: string) => {
      const seconds = (performance.now() - started) / 1000
      this.#options.onCall?.({ method: method.localName, shard: this.#core.shard, code, seconds })
    }
    try {
      const answer = await channel.transport.unary(method, this.#signal, timeoutMs, this.#work.headers, message)
      record('Ok')
      return { message: answer.message }
    } catch (thrown) {
      const ending = callEnding(thrown)
      record(Code[ending.code])
      this.#throwIfStopped(method.localName)
      return { ending }
    }
  }

  #throwIfStopped(method: string): void {
    if (!this.#signal.aborted) return
    throw new ConnectorError('CORE_PENDING', `${method}: stopped waiting`, this.#facts(method), this.#signal.reason)
  }

  #outOfBudget(method: PollMethod, last: CallEnding | undefined): ConnectorError {
    if (last?.by === 'network') return this.#fault('CORE_UNAVAILABLE', method, last)
    const detail = `${method}: no result within ${this.#options.pollBudgetMs} ms`
    return new ConnectorError('CORE_PENDING', detail, this.#facts(method))
  }

  #fault(code: ErrorCode, method: string, { by, code: status, text }: CallEnding): ConnectorError {
    const facts = { ...this.#facts(method), status: Code[status], endedBy: by }
    // TLS 1.3 lets a client finish before the server has looked at its certificate, and Node reports no alert then.
    const refused = by === 'network' && this.#core.origin.startsWith('https:') && text.includes('error code CANCEL')
    const why = refused ? `${text}; so ends a connection whose client certificate the KMS Core refuses` : text
    return new ConnectorError(code, `${method} ended by ${by} with ${Code[status]}: ${why}`, facts)
  }

  #facts(method: string) {
    return { requestId: this.#work.requestId, shard: this.#core.shard, endpoint: this.#core.origin, method }
  }
}
