import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../apps/request-status/src/main.ts', import.meta.url))
const START_MS = 60_000

/** The service as a process of its own. Killed when disposed of. */
export class StatusProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  #output = ''
  #url = ''
  #monitoringUrl = ''

  private constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['--conditions=kms-source', MAIN, 'start'], {
      env: {
        PATH: process.env['PATH'],
        KMS_CONNECTOR_MONITORING_ENDPOINT: '127.0.0.1:0',
        KMS_CONNECTOR_REQUEST_STATUS_ENDPOINT: '127.0.0.1:0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exited = once(this.#child, 'close').then(([code]) => code)
  }

  /** Starts the service and waits until it listens. */
  static async start(natsUrl: string, env: Readonly<Record<string, string>> = {}): Promise<StatusProcess> {
    const started = new StatusProcess({ KMS_CONNECTOR_NATS_URL: natsUrl, ...env })
    try {
      await started.#listening()
      return started
    } catch (fault) {
      await started[Symbol.asyncDispose]()
      throw fault
    }
  }

  async #listening(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { stdout, stderr } = this.#child
    if (!stdout || !stderr) throw new Error('the process has no output')
    stderr.on('data', chunk => {
      this.#output += chunk
    })
    createInterface({ input: stdout }).on('line', line => {
      this.#output = `${this.#output}${line}\n`.slice(-50_000)
      const { monitoring_url, request_status_url } = line.startsWith('{') ? JSON.parse(line) : {}
      if (monitoring_url) this.#monitoringUrl = monitoring_url
      if (request_status_url) this.#url = request_status_url
      if (request_status_url) resolve()
    })
    const timer = setTimeout(() => reject(new Error(`does not listen:\n${this.#output}`)), START_MS)
    void this.#exited.then(code => reject(new Error(`ended with ${code}:\n${this.#output}`)))
    try {
      await promise
    } finally {
      clearTimeout(timer)
    }
  }

  get url(): string {
    return this.#url
  }

  get output(): string {
    return this.#output
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.#monitoringUrl}/metrics`)).text()
  }

  /** Asks it to stop and waits for that. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#exited
  }
}
