import { create, type DescMessage, type MessageShape, type UnknownField } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import type { RequestId as RequestIdMsg } from '@kms-connector/kms-client/gen/kms/v1/request_pb.js'
import type { RequestId } from '@kms-connector/protocol'
import { ComputeLane } from './computeLane.ts'
import { CoreRefusal, redacted } from './coreRefusal.ts'
import type { CoreSettings } from './coreSettings.ts'
import type { ComputeFault, CoreWork, PollFault } from './faults.ts'
import type { MetaStore } from './metaStore.ts'
import { checkRequestId } from './requestChecks.ts'
import { TokenBucket } from './tokenBucket.ts'

/** What a submit amounts to once it passed all checks. */
export type Computation<R> = (fault: ComputeFault | undefined) => Promise<R>

/** One kind of request: where its results are kept, what it is called, what it costs. */
export interface RequestKind<R> {
  readonly work: CoreWork
  readonly store: MetaStore<R>
  /** Tokens held while it computes. */
  readonly tokens: number
}

const LENGTH_DELIMITED = 2
/** A field that promises far more bytes than follow: no protobuf reader gets past it. */
const GARBAGE: UnknownField = {
  no: 1000,
  wireType: LENGTH_DELIMITED,
  data: Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0xde, 0xad),
}
const PADDING_FIELD = 1001

/** Accepts requests, has them computed in the background, and answers polls: the submit/poll contract of KMS Core v0.13. */
export class RequestDesk {
  readonly #settings: CoreSettings
  readonly #bucket: TokenBucket
  readonly #lane: ComputeLane
  readonly #stopped: AbortSignal

  /** @param stopped ends polls with UNAVAILABLE and cancels what has not started */
  constructor(settings: CoreSettings, stopped: AbortSignal) {
    this.#settings = settings
    this.#stopped = stopped
    this.#bucket = new TokenBucket(settings.bucketSize)
    this.#lane = new ComputeLane(settings.concurrency, settings.delayMs, stopped)
  }

  /**
   * Returns as soon as the request is checked and known; the work goes on in the background.
   * @param prepare checks the request and returns its computation; throws CoreRefusal, which leaves the id unknown
   * @throws ConnectError FAILED_PRECONDITION, RESOURCE_EXHAUSTED, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, ABORTED
   */
  async submit<R>(
    kind: RequestKind<R>,
    message: RequestIdMsg | undefined,
    prepare: (id: RequestId) => Computation<R>,
  ): Promise<void> {
    const metric = `${kind.work}_request`
    try {
      const id = this.admit(kind.work, message)
      const release = this.#bucket.take(kind.tokens)
      if (!release) throw new CoreRefusal(Code.ResourceExhausted, 'too much work in flight')
      try {
        const compute = this.#prepareOrBurn(kind, id, prepare)
        this.#insert(kind, id)
        void this.#compute(kind, id, compute).finally(release)
      } catch (fault) {
        release()
        throw fault
      }
    } catch (fault) {
      throw this.refusal(fault, message, metric)
    }
  }

  /** Checks that come before everything else. @throws CoreRefusal */
  admit(work: CoreWork, message: RequestIdMsg | undefined): RequestId {
    if (this.#settings.recoveryMode)
      throw new CoreRefusal(Code.FailedPrecondition, 'the signing key is not recovered yet')
    const id = checkRequestId(message)
    const code = this.#settings.faults.onSubmit?.(id, work)
    if (code !== undefined) throw new CoreRefusal(code, 'a fault was asked for')
    return id
  }

  /**
   * Waits for a result.
   * @param canceled the caller's signal
   * @throws ConnectError INVALID_ARGUMENT, NOT_FOUND for an unknown id, UNAVAILABLE while it computes, INTERNAL for good after a failure
   */
  async poll<D extends DescMessage>(
    kind: RequestKind<MessageShape<D>>,
    schema: D,
    message: RequestIdMsg,
    canceled: AbortSignal,
  ): Promise<MessageShape<D>> {
    try {
      const id = checkRequestId(message)
      const outcome = await kind.store.wait(id, this.#settings.longPollMs, AbortSignal.any([canceled, this.#stopped]))
      if (outcome === 'unknown') throw new CoreRefusal(Code.NotFound, 'the request is unknown')
      if (outcome === 'pending') throw new CoreRefusal(Code.Unavailable, 'the result is not there yet')
      if (!outcome.ok) throw new CoreRefusal(Code.Internal, outcome.reason)
      const fault = this.#settings.faults.onPoll?.(id, kind.work)
      return fault ? distort(schema, outcome.result, fault) : outcome.result
    } catch (fault) {
      throw this.refusal(fault, message, `${kind.work}_result`)
    }
  }

  /** Reports the true reason to the node's operator and gives the caller the redacted status. */
  refusal(fault: unknown, message: RequestIdMsg | undefined, metric: string): Error {
    const id = message?.requestId.slice(0, 66) || 'unknown'
    this.#settings.onFailure(id, metric, fault instanceof Error ? fault.message : String(fault))
    return redacted(fault, id, metric)
  }

  #prepareOrBurn<R>(kind: RequestKind<R>, id: RequestId, prepare: (id: RequestId) => Computation<R>): Computation<R> {
    try {
      return prepare(id)
    } catch (fault) {
      const missing = fault instanceof CoreRefusal && fault.code === Code.NotFound
      if (missing && this.#settings.missingKeyBurnsId) this.#insert(kind, id)
      throw fault
    }
  }

  #insert<R>(kind: RequestKind<R>, id: RequestId): void {
    const inserted = kind.store.insert(id)
    if (inserted === 'known') throw new CoreRefusal(Code.AlreadyExists, 'the request is known')
    if (inserted === 'full') throw new CoreRefusal(Code.Aborted, 'the store is full of unfinished requests')
  }

  async #compute<R>(kind: RequestKind<R>, id: RequestId, compute: Computation<R>): Promise<void> {
    const fault = this.#settings.faults.onCompute?.(id, kind.work)
    if (fault === 'never-answer') return
    try {
      const result = await this.#lane.run(() => {
        if (fault === 'fail') throw new Error('a fault was asked for')
        return compute(fault)
      })
      kind.store.complete(id, { ok: true, result })
    } catch (failure) {
      if (this.#stopped.aborted) return
      const reason = failure instanceof Error ? failure.message : String(failure)
      this.#settings.onFailure(id, kind.work, reason)
      kind.store.complete(id, { ok: false, reason })
    }
  }
}

function distort<D extends DescMessage>(schema: D, result: MessageShape<D>, fault: PollFault): MessageShape<D> {
  if (fault.kind === 'refuse') throw new CoreRefusal(fault.code, 'a fault was asked for')
  const distorted = fault.kind === 'garbage' ? create(schema) : { ...result }
  distorted.$unknown = [fault.kind === 'garbage' ? GARBAGE : padding(fault.bytes)]
  return distorted
}

function padding(bytes: number): UnknownField {
  const data = Buffer.alloc(5 + bytes)
  for (let i = 0, rest = bytes; i < 5; i++, rest = Math.floor(rest / 128)) data[i] = (rest % 128) | (i < 4 ? 0x80 : 0)
  return { no: PADDING_FIELD, wireType: LENGTH_DELIMITED, data }
}
