import { EXIT, type ExitCode } from './exitCode.ts'
import type { Logger } from './logger.ts'
import type { EndReason } from './processEvents.ts'

/** Collects the reasons to end: the first one starts the shutdown, a second signal or any crash cuts it short. */
export class Ends {
  readonly first: Promise<EndReason>
  readonly forced: Promise<ExitCode>
  readonly #resolveFirst: (reason: EndReason) => void
  readonly #resolveForced: (code: ExitCode) => void
  readonly #logger: Logger
  #asked = false

  constructor(logger: Logger) {
    const first = Promise.withResolvers<EndReason>()
    const forced = Promise.withResolvers<ExitCode>()
    this.first = first.promise
    this.forced = forced.promise
    this.#resolveFirst = first.resolve
    this.#resolveForced = forced.resolve
    this.#logger = logger
  }

  get asked(): boolean {
    return this.#asked
  }

  report(reason: EndReason): void {
    if (reason.kind === 'crash') {
      this.#logger.fatal({ err: reason.fault, event: reason.event }, 'crashed')
      this.#resolveForced(EXIT.restart)
    } else if (reason.kind === 'signal' && this.#asked) {
      this.#logger.warn({ signal: reason.signal }, 'stopping at once, work in flight is left to be delivered again')
      this.#resolveForced(EXIT.restart)
    } else if (!this.#asked) {
      this.#asked = true
      if (reason.kind === 'signal') {
        this.#logger.info({ signal: reason.signal }, 'stopping, another signal stops at once')
      } else {
        this.#logger.fatal({ err: reason.fault }, 'stopping because of a fault')
      }
      this.#resolveFirst(reason)
    } else if (reason.kind === 'fault') {
      this.#logger.warn({ err: reason.fault }, 'another fault came up while stopping')
    }
  }
}
