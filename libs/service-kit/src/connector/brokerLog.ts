import { type BrokerStatus, brokerAdvice } from '@kms-connector/streams'
import type { Logger } from '../logger.ts'

/** Milliseconds between two lines that say the same. */
const SAME_AGAIN_MS = 30_000

/** Tells of the connections to NATS in the log, and why there is none yet. */
export class BrokerLog {
  readonly #logger: Logger
  #said = { text: '', at: 0 }

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Why NATS could not be reached the last time; undefined when nothing is wrong. */
  problem: string | undefined

  tell(status: BrokerStatus): void {
    const logger = this.#logger
    if (status.kind === 'unreachable') {
      this.#unreachable(status.detail, status.attempt)
    } else if (status.kind === 'error') {
      const { detail } = status
      this.#unlessSaid(detail, () => logger.warn({ detail, advice: brokerAdvice(detail) }, 'NATS reported an error'))
    } else if (status.kind === 'disconnected') {
      logger.warn({ server: status.server }, 'lost the connection to NATS, reconnecting')
    } else if (status.kind === 'lame-duck') {
      logger.warn({ server: status.server }, 'the NATS server is about to stop, moving to another one')
    } else {
      this.#said.text = ''
      logger.info({ server: status.server }, 'connected to NATS again')
    }
  }

  #unreachable(detail: string, attempt: number): void {
    const advice = brokerAdvice(detail)
    this.problem = `${detail}${advice === undefined ? '' : `; ${advice}`}`
    this.#unlessSaid(detail, () =>
      this.#logger.warn({ attempt, detail, advice }, 'could not start to work with NATS, trying again'),
    )
  }

  /** Attempts follow each other by the second; the reason is news once, and then now and then. */
  #unlessSaid(text: string, say: () => void): void {
    const now = performance.now()
    if (text === this.#said.text && now - this.#said.at < SAME_AGAIN_MS) return
    this.#said = { text, at: now }
    say()
  }
}
