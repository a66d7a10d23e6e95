import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError, type ErrorCode } from '@kms-connector/protocol'
import { type AwsKmsFault, readAwsKmsFault } from './awsKmsFault.ts'
import { Lanes } from './lanes.ts'

export type AwsKmsCall = 'GetPublicKey' | 'Sign'

export interface AwsKmsLimits {
  /** Calls at once; the quota of AWS is shared by all users of a region and account. */
  readonly maxConcurrent: number
  /** Calls that may wait for their turn. */
  readonly maxWaiting: number
  /** One call with its waiting and all its attempts, in ms. */
  readonly timeoutMs: number
  /** One attempt, in ms. */
  readonly attemptTimeoutMs: number
}

/** Told about every attempt, for metrics; `outcome` is `ok` or the name of the error. */
export type AwsKmsObserver = (call: AwsKmsCall, outcome: string, seconds: number) => void

const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 2_000

/**
 * Makes calls to AWS KMS under ceilings: calls at once, time of an attempt, time altogether. What passes by itself
 * (throttling, faults of the service, network) is tried again with growing random pauses. A call that pauses keeps its
 * place, so a throttled service gets fewer calls.
 */
export class AwsKmsCaller {
  readonly #limits: AwsKmsLimits
  readonly #lanes: Lanes
  readonly #observe: AwsKmsObserver | undefined

  constructor(limits: AwsKmsLimits, observe?: AwsKmsObserver) {
    this.#limits = limits
    this.#lanes = new Lanes(limits.maxConcurrent, limits.maxWaiting)
    this.#observe = observe
  }

  /**
   * @param refused code of a call that can never succeed
   * @throws ConnectorError `refused`; WALLET_NOT_SIGNING when the time is used up; QUEUE_FULL
   */
  async call<T>(call: AwsKmsCall, refused: ErrorCode, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#limits
    const end = new AbortController()
    const timer = setTimeout(() => end.abort(), timeoutMs)
    let last: AwsKmsFault | undefined
    let attempts = 0
    try {
      return await this.#lanes.run(async () => {
        for (;;) {
          attempts++
          const result = await this.#attempt(call, send, end.signal)
          if ('value' in result) return result.value
          // What the attempt says that the end cut short is not why it took so long.
          if (last === undefined || !end.signal.aborted) last = result.fault
          if (!last.transient) throw new ConnectorError(refused, `AWS KMS refused ${call}: ${last.text}`, factsOf(last))
          await sleep(pauseMs(attempts), undefined, { signal: end.signal })
        }
      }, end.signal)
    } catch (fault) {
      if (fault instanceof ConnectorError) throw fault
      const why = last?.text ?? 'there was no free place'
      throw new ConnectorError(
        'WALLET_NOT_SIGNING',
        `AWS KMS did not answer ${call} within ${timeoutMs} ms and ${attempts} attempts: ${why}`,
        { ...(last === undefined ? {} : factsOf(last)), attempts },
      )
    } finally {
      clearTimeout(timer)
    }
  }

  /** The attempt ends at its deadline even where the SDK is deaf to the signal, as in its search for credentials. */
  async #attempt<T>(
    call: AwsKmsCall,
    send: (signal: AbortSignal) => Promise<T>,
    end: AbortSignal,
  ): Promise<{ readonly value: T } | { readonly fault: AwsKmsFault }> {
    const { promise: cut, reject } = Promise.withResolvers<never>()
    const cutter = new AbortController()
    const stop = () => {
      const late = new Error('the attempt took too long')
      late.name = 'TimeoutError'
      reject(late)
      cutter.abort(late)
    }
    const timer = setTimeout(stop, this.#limits.attemptTimeoutMs)
    end.addEventListener('abort', stop, { once: true })
    const startedAt = performance.now()
    const observe = (outcome: string) => this.#observe?.(call, outcome, (performance.now() - startedAt) / 1000)
    try {
      const value = await Promise.race([send(cutter.signal), cut])
      observe('ok')
      return { value }
    } catch (thrown) {
      const fault = readAwsKmsFault(thrown)
      observe(fault.name)
      return { fault }
    } finally {
      clearTimeout(timer)
      end.removeEventListener('abort', stop)
    }
  }
}

/** Half of the pause is random, so that calls that were throttled together do not come back together. */
function pauseMs(attempt: number): number {
  const grown = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 30))
  return grown * (0.5 + Math.random() / 2)
}

const factsOf = ({ name }: AwsKmsFault) => ({ aws_error: name })
