import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { ConnectorError } from '@kms-connector/protocol'
import { MALLOC_ENVIRONMENT, sleep, youngGenerationFlag } from '@kms-connector/service-kit'
import { endWithUs } from './endWithUs.ts'

export interface ServicePlan {
  /** Name in messages and of the log file, such as "kms-worker-1". */
  readonly name: string
  /** Which service of the connector it is, as the chart names it; left out: none of them. */
  readonly service?: string
  /** JavaScript or TypeScript file that is run with the Node of this process, with the flag that the chart gives it. */
  readonly entry: string
  readonly args: readonly string[]
  /** Memory of its container, MiB: Node takes half of that for its heap, and collects garbage accordingly. The machine's when left out. */
  readonly memoryMb?: number
  /** Added to an environment that carries no settings of ours. */
  readonly env: Readonly<Record<string, string>>
  /** Output is appended to it. */
  readonly logFile: string
  /** Finds, in a line of output, the URL that the process listens on. */
  readonly urlOf: (line: string) => string | undefined
  /** Page at that URL that answers 200 when the process is ready; left out: it is ready as soon as it names its URL. */
  readonly readyPage?: string
}

export type ServiceState = 'starting' | 'ready' | 'stopping' | 'ended'

export interface ServiceExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const START_DEADLINE_MS = 60_000
const STOP_GRACE_MS = 10_000
const LOOK_MS = 50
const PROBE_TIMEOUT_MS = 5_000
const LAST_WORDS = 3_000

/** One of our programs as a process of its own, as an orchestrator would run it. */
export class ServiceProcess {
  readonly name: string
  readonly logFile: string
  readonly #plan: ServicePlan
  #child: ChildProcess | undefined
  #exited: Promise<ServiceExit> = Promise.resolve({ code: null, signal: null })
  #state: ServiceState = 'ended'
  #url: string | undefined
  /** Bytes of the log file that are of earlier runs. */
  #logFrom = 0

  private constructor(plan: ServicePlan) {
    this.#plan = plan
    this.name = plan.name
    this.logFile = plan.logFile
  }

  /** Spawns the process; {@link ready} waits for it. */
  static async spawn(plan: ServicePlan): Promise<ServiceProcess> {
    const service = new ServiceProcess(plan)
    await service.#start()
    return service
  }

  /** 0 before it was spawned. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get state(): ServiceState {
    return this.#state
  }

  /** Where it listens (monitoring of a service, gRPC of a Core); undefined until it is ready. */
  get url(): string | undefined {
    return this.#url
  }

  /** Settles when the current process is gone. */
  get exited(): Promise<ServiceExit> {
    return this.#exited
  }

  /**
   * Waits until the process is ready.
   * @throws ConnectorError DEVNET_PROCESS_FAILED with its last words when it ends or is late; the reason of the signal
   */
  async ready(signal?: AbortSignal): Promise<this> {
    const deadline = performance.now() + START_DEADLINE_MS
    while (this.#state === 'starting') {
      if (await this.#looksReady()) this.#state = 'ready'
      else if (performance.now() > deadline) throw await this.#failure(`is not ready after ${START_DEADLINE_MS} ms`)
      else await sleep(LOOK_MS, signal)
    }
    if (this.#state !== 'ready') throw await this.#failure(`ended (${exitText(this.#child)})`)
    return this
  }

  /** Sends a signal and waits until the process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ServiceExit> {
    if (this.#state !== 'ended') this.#state = 'stopping'
    this.#child?.kill(signal)
    return this.#exited
  }

  /** SIGTERM, and SIGKILL after 10 s. Harmless when it is gone already. */
  async stop(): Promise<ServiceExit> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_GRACE_MS)
    try {
      return await this.kill('SIGTERM')
    } finally {
      clearTimeout(timer)
    }
  }

  /** Stops it if it runs, starts it again with the same settings and waits until it is ready. */
  async restart(): Promise<this> {
    if (this.#state !== 'ended') await this.stop()
    await this.#start()
    return this.ready()
  }

  async #start(): Promise<void> {
    const { service, entry, args, memoryMb, env, logFile } = this.#plan
    const flags = [
      youngGenerationFlag(service),
      ...(memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb / 2}`]),
      ...(entry.endsWith('.ts') ? ['--conditions=kms-source'] : []),
    ]
    const log = openSync(logFile, 'a')
    try {
      this.#logFrom = (await stat(logFile)).size
      // CAST: a tuple, where the compiler would infer a list
      const options = { stdio: ['ignore', log, log] as ['ignore', number, number], detached: true }
      this.#url = undefined
      this.#state = 'starting'
      this.#follow(
        spawn(process.execPath, [...flags, entry, ...args], {
          ...options,
          env: { ...cleanEnv(), ...MALLOC_ENVIRONMENT, ...env },
        }),
      )
    } finally {
      closeSync(log)
    }
  }

  #follow(child: ChildProcess): void {
    endWithUs(child)
    this.#child = child
    this.#exited = new Promise(resolve => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
      child.once('error', () => resolve({ code: null, signal: null }))
    })
    void this.#exited.then(() => {
      if (this.#child === child) this.#state = 'ended'
    })
  }

  async #looksReady(): Promise<boolean> {
    this.#url ??= await this.#announcedUrl()
    if (this.#url === undefined) return false
    const { readyPage } = this.#plan
    if (readyPage === undefined) return true
    try {
      const answer = await fetch(new URL(readyPage, this.#url), { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false
    }
  }

  async #announcedUrl(): Promise<string | undefined> {
    const lines = (await this.#output()).split('\n')
    // The last line may still be in writing.
    for (const line of lines.slice(0, -1)) {
      const url = this.#plan.urlOf(line)
      if (url !== undefined) return url
    }
    return undefined
  }

  async #output(): Promise<string> {
    return (await readFile(this.logFile)).subarray(this.#logFrom).toString('utf8')
  }

  async #failure(what: string): Promise<ConnectorError> {
    const words = (await this.#output()).trim().slice(-LAST_WORDS)
    return new ConnectorError('DEVNET_PROCESS_FAILED', `${this.name} ${what}, log ${this.logFile}:\n${words}`)
  }
}

function exitText(child: ChildProcess | undefined): string {
  return child?.signalCode ?? `exit code ${child?.exitCode}`
}

/** Settings of whoever starts the devnet must not leak into it. */
function cleanEnv(): Record<string, string | undefined> {
  const ours = (name: string) => name.startsWith('KMS_CONNECTOR_') || name.startsWith('NODE_')
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours(name)))
}
