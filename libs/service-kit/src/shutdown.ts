import { withDeadline } from './deadline.ts'
import type { Logger } from './logger.ts'

/** One step of stopping: what it is called in logs, and what it does. */
export interface Stage {
  readonly name: string
  readonly stop: () => unknown
}

/**
 * Runs the stages of a shutdown one after another, the last registered first, because what was started last depends on what
 * was started before. A stage that fails or is late does not keep the others from running: those after a missed deadline
 * are still begun, but not waited for.
 *
 * @param deadlineMs for all stages together, in ms
 * @returns whether every stage finished in time and without a fault
 */
export async function runStages(stages: readonly Stage[], deadlineMs: number, logger: Logger): Promise<boolean> {
  const end = performance.now() + deadlineMs
  let clean = true
  for (const { name, stop } of stages.toReversed()) {
    const begin = performance.now()
    const rest = Math.max(0, end - begin)
    try {
      await withDeadline(
        rest,
        () => new Error(`not done within the shutdown deadline of ${deadlineMs} ms`),
        async () => stop(),
      )
      logger.debug({ stage: name, duration_ms: Math.round(performance.now() - begin) }, 'stopped')
    } catch (fault) {
      clean = false
      logger.error({ err: fault, stage: name }, 'a stage of the shutdown failed')
    }
  }
  return clean
}
