import { setTimeout as sleep } from 'node:timers/promises'
import { type ServiceExit, type ServicePlan, ServiceProcess } from '../process/serviceProcess.ts'
import { type Mortal, send } from './mortal.ts'

/** An orchestrator waits longer; the shorter, the more of a run is work. */
const RESTART_AFTER_MS = 200
const FIND_DEADLINE_MS = 10_000
const LOOK_MS = 20
/** Exit codes of a service: asked to stop, do not restart me, restart me. */
const STOPPED = 0
const DO_NOT_RESTART = 1
const RESTART = 75

/** One of our programs under an orchestrator that starts it again whenever it ends. */
export class SupervisedService implements Mortal {
  readonly faults: string[] = []
  restarts = 0
  /** Ends that the process chose: exit code 75. */
  restartsAsked = 0
  readonly #plan: ServicePlan
  readonly #onStart: (service: ServiceProcess) => Promise<void>
  #service: ServiceProcess
  #signalled = new Set<NodeJS.Signals>()
  #stopping = false
  #watching: Promise<void>

  private constructor(plan: ServicePlan, service: ServiceProcess, onStart: (service: ServiceProcess) => Promise<void>) {
    this.#plan = plan
    this.#service = service
    this.#onStart = onStart
    this.#watching = this.#watch()
  }

  /** @param onStart told of every start, the first included */
  static async start(
    plan: ServicePlan,
    onStart: (service: ServiceProcess) => Promise<void> = async () => {},
  ): Promise<SupervisedService> {
    const service = await ServiceProcess.spawn(plan)
    await onStart(service)
    return new SupervisedService(plan, service, onStart)
  }

  get name(): string {
    return this.#plan.name
  }

  get pid(): number {
    return this.#service.state === 'ended' ? 0 : this.#service.pid
  }

  /** Waits until the process of now is ready. @throws ConnectorError when it ends or is late */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.#service.ready(signal)
  }

  async signal(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    const deadline = performance.now() + FIND_DEADLINE_MS
    while (this.pid === 0 && performance.now() < deadline) await sleep(LOOK_MS)
    this.#signalled.add(signal)
    return send(this.pid, signal)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#service.stop()
    await this.#watching
  }

  async #watch(): Promise<void> {
    for (;;) {
      const exit = await this.#service.exited
      if (this.#stopping) return
      this.#judge(exit)
      await sleep(RESTART_AFTER_MS)
      if (this.#stopping) return
      this.#signalled = new Set()
      this.#service = await ServiceProcess.spawn(this.#plan)
      this.restarts++
      // A process that is killed while it starts comes to the next round.
      await this.#onStart(this.#service).catch(() => {})
    }
  }

  #judge({ code, signal }: ServiceExit): void {
    if (signal !== null && this.#signalled.has(signal)) return
    if (code === STOPPED && this.#signalled.has('SIGTERM')) return
    if (code === RESTART) {
      this.restartsAsked++
      return
    }
    const what = code === DO_NOT_RESTART ? 'ended with "do not restart me"' : 'ended unasked'
    this.faults.push(`${this.name} ${what} (${signal ?? `exit code ${code}`}), see ${this.#plan.logFile}`)
  }
}
