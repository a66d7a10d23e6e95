import { toConnectorError } from '@kms-connector/protocol'
import { createRedactor, formatDuration, type Secret, withDeadline } from '@kms-connector/service-kit'

const GRACE_MS = 500

/** Reads facts side by side, each under a deadline; what fails leaves a gap and a line that says why. */
export class Gathering {
  readonly gaps: string[] = []
  readonly #timeoutMs: number
  readonly #clean: (text: string) => string

  /** @param timeoutMs deadline of each step of a fact, milliseconds; its own words come before ours */
  constructor(timeoutMs: number, secrets: readonly Secret[]) {
    this.#timeoutMs = timeoutMs + GRACE_MS
    this.#clean = createRedactor(secrets)
  }

  /** @param what begins the line of a gap, such as "NATS" */
  async read<T>(what: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const late = () => new Error(`no answer within ${formatDuration(this.#timeoutMs)}`)
    try {
      return await withDeadline(this.#timeoutMs, late, ask)
    } catch (fault) {
      const { code, message } = toConnectorError(fault)
      const text = code === 'INTERNAL' && fault instanceof Error ? fault.message : message
      this.gaps.push(this.#clean(`${what}: ${text}`))
      return undefined
    }
  }
}
