import { withDeadline } from './deadline.ts'
import { faultText } from './faultRecord.ts'

/**
 * Resolves when the dependency answers; throws or rejects when it does not. Must stop when the signal is aborted. A text that
 * it resolves to is reported although all is well enough: some of several endpoints are down.
 */
export type Check = (signal: AbortSignal) => Promise<unknown>

export interface CheckResult {
  readonly name: string
  readonly ok: boolean
  readonly duration_ms: number
  readonly error?: string
  /** What an operator should know although the dependency answers. */
  readonly note?: string
}

export interface ReadinessReport {
  readonly ready: boolean
  /** Why not, and what is down although something else stands in for it, in one line; empty when all is well. */
  readonly details: string
  readonly checks: readonly CheckResult[]
}

/**
 * Whether the dependencies of this process answer: named checks, all run at once, each under the same deadline. Probes that
 * arrive while a run is under way share its result, so probing cannot overload a dependency.
 */
export class Readiness {
  readonly #checks = new Map<string, Check>()
  readonly #deadlineMs: number
  readonly #onChange: (result: CheckResult) => void
  readonly #silent = new Set<string>()
  #phase: 'starting' | 'running' | 'stopping' = 'starting'
  #underWay: Promise<ReadinessReport> | undefined

  /**
   * @param deadlineMs for each check, in ms
   * @param onChange called while the process is running when a dependency fails to answer that answered before, and the
   *   other way round
   */
  constructor(deadlineMs: number, onChange: (result: CheckResult) => void = () => undefined) {
    this.#deadlineMs = deadlineMs
    this.#onChange = onChange
  }

  /**
   * @param name snake_case name of the dependency; `/healthz` reports it as `<name>_connected`
   * @throws Error when the name is taken: a fault of the program
   */
  add(name: string, check: Check): void {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) throw new Error(`readiness check "${name}" is not snake_case`)
    if (this.#checks.has(name)) throw new Error(`readiness check ${name} exists already`)
    this.#checks.set(name, check)
  }

  /** Start-up is over: from now on the checks decide. */
  started(): void {
    if (this.#phase === 'starting') this.#phase = 'running'
  }

  /** The process is about to end: not ready, whatever the checks say. */
  stopping(): void {
    this.#phase = 'stopping'
  }

  /** Runs all checks. Never rejects. */
  report(): Promise<ReadinessReport> {
    this.#underWay ??= this.#run().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #run(): Promise<ReadinessReport> {
    const checks = await Promise.all([...this.#checks].map(([name, check]) => this.#runOne(name, check)))
    if (this.#phase === 'running') for (const result of checks) this.#follow(result)
    const failed = checks.filter(result => !result.ok).map(result => `${result.name}: ${result.error ?? 'failed'}`)
    const phase = this.#phase === 'running' ? [] : [`the process is ${this.#phase}`]
    const reasons = [...phase, ...failed]
    const notes = checks.flatMap(({ name, note }) => (note === undefined ? [] : `${name}: ${note}`))
    return { ready: reasons.length === 0, details: [...reasons, ...notes].join('; '), checks }
  }

  #follow(result: CheckResult): void {
    const { name, ok } = result
    if (ok ? !this.#silent.delete(name) : this.#silent.has(name)) return
    if (!ok) this.#silent.add(name)
    this.#onChange(result)
  }

  async #runOne(name: string, check: Check): Promise<CheckResult> {
    const begin = performance.now()
    const late = () => new Error(`no answer within ${this.#deadlineMs} ms`)
    const done = () => Math.round(performance.now() - begin)
    try {
      const answer = await withDeadline(this.#deadlineMs, late, async signal => check(signal))
      const note = typeof answer === 'string' && answer !== '' ? { note: answer } : {}
      return { name, ok: true, duration_ms: done(), ...note }
    } catch (fault) {
      return { name, ok: false, duration_ms: done(), error: faultText(fault) }
    }
  }
}
