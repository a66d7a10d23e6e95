import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SERVICE = fileURLToPath(new URL('exampleService.ts', import.meta.url))
const TEST_TIME_MS = 60_000

type Line = Readonly<Record<string, unknown>>

/** The example service as a process of its own. Killed when disposed of. */
export class ExampleProcess implements AsyncDisposable {
  readonly lines: Line[] = []
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  readonly #exited: Promise<number | null>

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, ['--conditions=kms-source', SERVICE, ...argv], {
      env: { PATH: process.env['PATH'], KMS_CONNECTOR_MONITORING_ENDPOINT: '127.0.0.1:0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('the process has no output')
    createInterface({ input: stdout }).on('line', line => {
      this.stdout += `${line}\n`
      if (line.startsWith('{')) this.lines.push(JSON.parse(line))
      for (const check of this.#waiting) check()
    })
    stderr.on('data', chunk => {
      this.stderr += chunk
    })
    this.#exited = once(this.#child, 'close').then(([code]) => {
      for (const check of this.#waiting) check()
      return code
    })
  }

  /** Waits for a log line with this message. */
  async line(msg: string): Promise<Line> {
    const found = () => this.lines.find(line => line['msg'] === msg)
    const { promise, resolve, reject } = Promise.withResolvers<Line>()
    const check = () => {
      const line = found()
      if (line !== undefined) resolve(line)
      else if (this.#child.exitCode !== null) reject(new Error(`no line "${msg}" in\n${this.stdout}${this.stderr}`))
    }
    const timer = setTimeout(() => reject(new Error(`no line "${msg}" in time:\n${this.stdout}`)), TEST_TIME_MS)
    this.#waiting.add(check)
    check()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(check)
    }
  }

  /** Address of the monitoring server, once there is one. */
  async url(): Promise<string> {
    return String((await this.line('starting'))['monitoring_url'])
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  exitCode(): Promise<number | null> {
    return this.#exited
  }

  messages(): readonly unknown[] {
    return this.lines.map(line => line['msg'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#exited
  }
}
