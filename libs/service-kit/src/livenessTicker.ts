import { ConnectorError } from '@kms-connector/protocol'
import type { Ends } from './ends.ts'
import type { Liveness } from './liveness.ts'
import type { Logger } from './logger.ts'

const TICK_MS = 1_000
/** A dead loop is reported by `/livez` at once; after this many times its allowed silence the process ends itself. */
const DEAD_TIMES = 2

/** Lets time pass for the watched loops, and ends the process when one of them stays dead. */
export function startTicking(liveness: Liveness, logger: Logger, ends: Ends): NodeJS.Timeout {
  let before = performance.now()
  let reported = ''
  return setInterval(() => {
    const now = performance.now()
    liveness.tick(now - before, TICK_MS)
    before = now
    const silent = liveness
      .dead()
      .map(loop => loop.name)
      .join(', ')
    if (silent !== '' && silent !== reported) logger.error({ loops: silent }, 'loops gave no sign of life for too long')
    reported = silent
    const [dead] = liveness.dead(DEAD_TIMES)
    if (dead !== undefined && !ends.asked) {
      const detail = `${dead.name} was silent for ${dead.silence_ms} ms, ${dead.allowed_ms} ms are allowed`
      ends.report({ kind: 'fault', fault: new ConnectorError('LOOP_DEAD', detail, { loop: dead.name }) })
    }
  }, TICK_MS)
}
