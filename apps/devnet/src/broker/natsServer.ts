import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithUs } from '../process/endWithUs.ts'
import { currentNatsServer, natsVersion } from './natsServerVersions.ts'

export interface NatsServerOptions {
  /** Path of the binary; without it the one that set-up chose. */
  readonly bin?: string
  /** Where JetStream keeps its files; without it a temporary directory that stop() removes. */
  readonly storeDir?: string
  /** Loopback port; without it a free one. */
  readonly port?: number
  /** Lines appended to the server configuration. */
  readonly config?: string
}

/** A real nats-server process on loopback. */
export interface NatsServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly version: string
  readonly storeDir: string
  /** Ends the process with SIGTERM, SIGKILL after 5 s, and removes the temporary directory. */
  stop(): Promise<void>
  /** Ends the process with SIGKILL and keeps its files, as a crash would. */
  kill(): Promise<void>
  /** Starts the process again, on the same port and files; stops it first when it runs. */
  restart(): Promise<void>
}

const START_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 5_000

/**
 * Starts nats-server with JetStream and waits until it answers.
 * @throws Error naming the binary and its last words when it exits early or does not answer within 20 s
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const bin = options.bin ?? currentNatsServer().bin
  const version = natsVersion(bin)
  if (!version) throw new Error(`${bin} is no nats-server`)
  const dir = await mkdtemp(join(tmpdir(), 'kms-connector-nats-'))
  const storeDir = options.storeDir ?? join(dir, 'store')
  const port = options.port ?? (await freePort())
  const file = join(dir, 'nats.conf')
  await writeFile(file, configOf(port, storeDir, options.config))
  let running = await launch(bin, file, port).catch(async fault => {
    await rm(dir, { recursive: true, force: true })
    throw fault
  })
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    version,
    storeDir,
    get pid() {
      return running.pid ?? 0
    },
    async stop() {
      await end(running, 'SIGTERM')
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    },
    kill: () => end(running, 'SIGKILL'),
    async restart() {
      await end(running, 'SIGTERM')
      running = await launch(bin, file, port)
    },
  }
}

function configOf(port: number, storeDir: string, extra = ''): string {
  // The store limit is what streams reserve, not what they use: small disks of development machines must not refuse them.
  return [
    `listen: "127.0.0.1:${port}"`,
    `jetstream { store_dir: ${JSON.stringify(storeDir)}, max_file_store: 1TB, max_memory_store: 256MB }`,
    extra,
    '',
  ].join('\n')
}

async function launch(bin: string, file: string, port: number): Promise<ChildProcess> {
  // A group of its own: Ctrl-C in a terminal reaches whoever started it, who stops it in order.
  const child = spawn(bin, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  endWithUs(child)
  let lastWords = ''
  // Remembered: a member of a cluster says so much about its routes that the line is soon gone from its last words.
  let saysReady = false
  let fault: Error | undefined
  child.stderr?.on('data', (chunk: Buffer) => {
    const words = lastWords + chunk.toString('utf8')
    saysReady ||= words.includes('Server is ready')
    lastWords = words.slice(-2_000)
  })
  child.on('error', error => {
    fault = error
  })
  const deadline = performance.now() + START_DEADLINE_MS
  while (performance.now() < deadline) {
    if (fault) throw new Error(`${bin} cannot be started: ${fault.message}`, { cause: fault })
    if (hasExited(child)) throw new Error(`${bin} exited with ${child.exitCode ?? child.signalCode}:\n${lastWords}`)
    if (saysReady && (await greets(port))) return child
    await sleep(20)
  }
  await end(child, 'SIGKILL')
  throw new Error(`${bin} did not answer within ${START_DEADLINE_MS} ms:\n${lastWords}`)
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Every nats-server opens a connection with an INFO line. */
function greets(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket: Socket = connect({ host: '127.0.0.1', port, timeout: 1_000 })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', data => settle(data.toString('utf8').startsWith('INFO ')))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (hasExited(child)) return
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
  await exited
  clearTimeout(timer)
}

/** @returns a port that nobody uses at the moment */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
