import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseAllDocuments, stringify } from 'yaml'
import { type Rendered, ROOT } from '../deploy/chart.ts'

const TOOLS = join(ROOT, '.tools', 'kubernetes')
const START_MS = 120_000
const CALL_MS = 30_000

/** Whether `node scripts/install-kube-apiserver.mjs` was successful here. */
export const apiServerInstalled = ['kube-apiserver', 'etcd', 'crds'].every(name => existsSync(join(TOOLS, name)))

export interface Answer {
  readonly status: number
  readonly body: { readonly message?: string; readonly [field: string]: unknown }
}

/** Plural names in the paths of the API, for the kinds that the chart renders. */
const PLURALS: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' }

/** A Kubernetes API server with its etcd, on loopback: it stores and checks objects, and nothing acts on them. */
export class ApiServer {
  readonly kubeconfig: string
  readonly #port: number
  readonly #token: string
  readonly #dir: string
  readonly #children: readonly ChildProcess[]

  private constructor(port: number, token: string, dir: string, children: readonly ChildProcess[]) {
    this.#port = port
    this.#token = token
    this.#dir = dir
    this.#children = children
    this.kubeconfig = join(dir, 'kubeconfig')
    const server = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: server }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'kms' } }],
    }
    writeFileSync(this.kubeconfig, stringify(config), { mode: 0o600 })
  }

  /** Starts both and waits until the server is ready and knows the definitions of the operators. */
  static async start(): Promise<ApiServer> {
    const dir = mkdtempSync(join(tmpdir(), 'kms-connector-kube-'))
    const [clients, peers, port] = [await freePort(), await freePort(), await freePort()]
    const etcd = launch('etcd', dir, {
      'data-dir': join(dir, 'etcd'),
      'listen-client-urls': `http://127.0.0.1:${clients}`,
      'advertise-client-urls': `http://127.0.0.1:${clients}`,
      'listen-peer-urls': `http://127.0.0.1:${peers}`,
      'initial-advertise-peer-urls': `http://127.0.0.1:${peers}`,
      'initial-cluster': `default=http://127.0.0.1:${peers}`,
    })
    const token = randomUUID()
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const [privateFile, publicFile, tokens] = ['sa.key', 'sa.pub', 'tokens.csv'].map(name => join(dir, name))
    writeFileSync(privateFile ?? '', keys.privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
    writeFileSync(publicFile ?? '', keys.publicKey.export({ type: 'spki', format: 'pem' }))
    writeFileSync(tokens ?? '', `${token},test,test,system:masters\n`, { mode: 0o600 })
    const server = launch('kube-apiserver', dir, {
      'etcd-servers': `http://127.0.0.1:${clients}`,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'endpoint-reconciler-type': 'none',
      'secure-port': String(port),
      'cert-dir': join(dir, 'certs'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-signing-key-file': privateFile ?? '',
      'service-account-key-file': publicFile ?? '',
      'token-auth-file': tokens ?? '',
      'authorization-mode': 'AlwaysAllow',
    })
    const api = new ApiServer(port, token, dir, [server, etcd])
    try {
      await api.#untilReady()
      await api.#define()
      await api.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kms' } })
      return api
    } catch (fault) {
      await api.stop()
      throw fault
    }
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    rmSync(this.#dir, { recursive: true, force: true })
  }

  /** Has the server check an object as strictly as it can, storing nothing. */
  check(object: Rendered): Promise<Answer> {
    const { apiVersion, kind } = object
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`
    return this.call('POST', `${group}/namespaces/kms/${plural}?fieldValidation=Strict&dryRun=All`, object)
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      path,
      method,
      headers,
      rejectUnauthorized: false,
      timeout: CALL_MS,
    }
    return new Promise((resolve, reject) => {
      const call = request(options, response => {
        let text = ''
        response.on('data', chunk => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : {} }),
        )
      })
      call.on('error', reject)
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer`)))
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + START_MS
    for (;;) {
      const answer = await this.call('GET', '/readyz').catch(() => undefined)
      if (answer?.status === 200) return
      if (performance.now() > deadline) throw new Error(`the API server is not ready:\n${this.#lastWords()}`)
      await pause(250)
    }
  }

  #lastWords(): string {
    return readFileSync(join(this.#dir, 'kube-apiserver.log'), 'utf8').slice(-3_000)
  }

  /** The definitions of the operators' resources, then waits until they are served. */
  async #define(): Promise<void> {
    for (const file of readdirSync(join(TOOLS, 'crds'))) {
      for (const document of parseAllDocuments(readFileSync(join(TOOLS, 'crds', file), 'utf8'))) {
        const definition = document.toJS() as { metadata: { name: string } } | null // CAST: a file of definitions
        if (!definition) continue
        const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
        const { status, body } = await this.call('POST', path, definition)
        if (status !== 201) throw new Error(`${file}: ${status} ${body.message}`)
        await this.#untilServed(`${path}/${definition.metadata.name}`)
      }
    }
  }

  async #untilServed(path: string): Promise<void> {
    const deadline = performance.now() + START_MS
    for (;;) {
      const { body } = await this.call('GET', path)
      if (/"type":"Established","status":"True"|"status":"True","type":"Established"/.test(conditions(body))) return
      if (performance.now() > deadline) throw new Error(`${path} is not established`)
      await pause(100)
    }
  }
}

function conditions(body: Answer['body']): string {
  const status = body['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined // CAST: read only here
  return JSON.stringify((status?.conditions ?? []).map(({ type, status }) => ({ type, status })))
}

function launch(name: string, dir: string, flags: Readonly<Record<string, string>>): ChildProcess {
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
  const child = spawn(join(TOOLS, name), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  })
  const log = join(dir, `${name}.log`)
  writeFileSync(log, '')
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => writeFileSync(log, chunk, { flag: 'a' }))
  return child
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}
