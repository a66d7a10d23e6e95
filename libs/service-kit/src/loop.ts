import { setImmediate as nextTurn } from 'node:timers/promises'
import { toConnectorError } from '@kms-connector/protocol'
import { type BackoffPolicy, backoffDelay } from './backoff.ts'
import type { Liveness } from './liveness.ts'
import type { Logger } from './logger.ts'
import { sleep } from './sleep.ts'

export interface LoopOptions {
  readonly name: string
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly liveness: Liveness
  /** Longest time one step may take before the loop counts as dead, in ms. */
  readonly maxStepMs: number
  /** Pauses after failed steps. */
  readonly backoff: BackoffPolicy
  /**
   * One step. Long steps call `beat` now and then.
   *
   * @returns ms to wait before the next step; 0 for none
   */
  readonly step: (signal: AbortSignal, beat: () => void) => Promise<number>
}

/**
 * Repeats a step until the signal is aborted, reporting beats. A failed step is logged and repeated with backoff; a fault
 * whose disposition is `fatal` ends the loop.
 *
 * @throws the fatal fault. Resolves when the signal is aborted.
 */
export async function runLoop(options: LoopOptions): Promise<void> {
  const { name, signal, liveness, maxStepMs, step } = options
  const heartbeat = liveness.watch(name, maxStepMs)
  let failures = 0
  try {
    while (!signal.aborted) {
      heartbeat.beat()
      let pauseMs: number
      try {
        pauseMs = await step(signal, heartbeat.beat)
        failures = 0
      } catch (fault) {
        if (signal.aborted) return
        failures++
        pauseMs = pauseAfter(fault, failures, options)
      }
      heartbeat.rest()
      // Also without a pause other work gets its turn, timers and signals included.
      if (pauseMs > 0) await sleep(pauseMs, signal).catch(() => {})
      else await nextTurn()
    }
  } finally {
    heartbeat.end()
  }
}

function pauseAfter(fault: unknown, failures: number, { name, logger, backoff }: LoopOptions): number {
  const known = toConnectorError(fault)
  if (known.disposition === 'fatal') throw fault
  const pauseMs = backoffDelay(backoff, failures, Math.random())
  logger.warn({ err: fault, loop: name, failures, pause_ms: pauseMs }, 'a step failed and will be repeated')
  return pauseMs
}
