import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keccak256 } from '@kms-connector/ciphertexts'
import { FHE_TYPES, type FheType, type Hex } from '@kms-connector/protocol'
import { type Broker, connectBroker, drainBroker } from '@kms-connector/streams'
import type { PlacedRequest } from '../../apps/devnet/src/chain/index.ts'
import { COPROCESSORS, type Devnet, startDevnet } from '../../apps/devnet/src/devnet/index.ts'
import { type Service, serviceEntry } from '../../apps/devnet/src/devnet/programs.ts'
import { serviceVariables } from '../../apps/devnet/src/devnet/serviceVariables.ts'
import { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { s3ClientFor, uploadCiphertext } from '../../apps/devnet/src/s3/index.ts'
import { commit, newHandle, whereabouts } from '../../apps/devnet/src/workload/index.ts'
import { runCli } from './runCli.ts'

type Variables = Readonly<Record<string, string>>

/** What `kms-connector why --json` prints. */
export interface WhyAnswer {
  readonly exit: number
  readonly code: string
  readonly status: string
  readonly what: string
  readonly fix: string
  readonly gaps: readonly string[]
}

export interface DoctorResult {
  readonly id: string
  readonly status: string
  readonly detail: string
  readonly fix?: string
}

export interface RequestParts {
  readonly stored?: boolean
  readonly allowed?: boolean
  readonly bytes?: Uint8Array
}

/** One devnet whose services are stopped, misled and replaced, and a `kms-connector` with the settings of all of them. */
export class WhyBench {
  readonly devnet: Devnet
  readonly broker: Broker
  readonly #extra: ServiceProcess[] = []

  private constructor(devnet: Devnet, broker: Broker) {
    this.devnet = devnet
    this.broker = broker
  }

  static async start(): Promise<WhyBench> {
    const devnet = await startDevnet({ workers: 1, sender: { PARK_PAUSE: '300ms' } })
    return new WhyBench(devnet, await connectBroker({ servers: [devnet.node.nats.url], name: 'test' }))
  }

  /** Mines so many blocks at once: an endpoint can lag by as many and still know the contracts, however young the chain is. */
  async mine(blocks: number): Promise<void> {
    const params = [`0x${blocks.toString(16)}`]
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_mine', params })
    const headers = { 'content-type': 'application/json' }
    await fetch(this.devnet.chains.gateway.rpcUrl, { method: 'POST', headers, body })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#extra.map(service => service.kill('SIGKILL')))
    await drainBroker(this.broker, 1_000)
    await this.devnet.stop()
  }

  /** Settings of all three services together, as an operator gives them with three files. */
  settings(more: Variables = {}): Variables {
    const services: readonly Service[] = ['gw-listener', 'kms-worker', 'tx-sender']
    const all = services.map(service => serviceVariables(service, 'cli', this.#surroundings(), {}))
    const given = Object.entries(more).map(([name, value]) => [`KMS_CONNECTOR_${name}`, value])
    return Object.assign({}, ...all, Object.fromEntries(given))
  }

  /** Starts one more service in place of one that was stopped. */
  async spawn(service: Service, variables: Variables): Promise<ServiceProcess> {
    const { dir } = this.devnet
    const name = `${service}-instead-${this.#extra.length}`
    const key = ({ 'gw-listener': 'listener', 'kms-worker': 'worker', 'tx-sender': 'sender' } as const)[service]
    const process = await ServiceProcess.spawn({
      name,
      entry: serviceEntry(service),
      args: ['start'],
      env: serviceVariables(service, name, this.#surroundings(), { [key]: variables }),
      logFile: join(dir, `${name}.log`),
      urlOf: line => /"monitoring_url":"([^"]+)"/.exec(line)?.[1],
    })
    this.#extra.push(process)
    return process
  }

  /** A public decryption of a uint8; what is left out of its parts is as it should be. */
  async request(parts: RequestParts = {}): Promise<PlacedRequest> {
    return this.devnet.relayer.requestPublicDecryption({ handles: [await this.prepare(parts)] })
  }

  /** @returns the handle of a ciphertext that a public decryption can ask for */
  async prepare({ stored = true, allowed = true, bytes }: RequestParts = {}): Promise<Hex> {
    const { keys, hostAcl, s3 } = this.devnet
    const handle: Hex = newHandle(UINT8)
    const blob = bytes ?? keys.encrypt(7n, UINT8)
    const client = s3ClientFor(s3.url)
    try {
      for (const { bucket } of stored ? COPROCESSORS : [])
        await uploadCiphertext(client, bucket, blob, 'compressed_on_cpu')
    } finally {
      client.destroy()
    }
    await commit(this.devnet, [{ handle, digest: await keccak256(blob) }])
    if (allowed) await hostAcl.allowForDecryption([handle])
    return handle
  }

  /** Results of `kms-connector doctor --json` by check, and its exit code. */
  async doctor(
    more: Variables = {},
  ): Promise<{ readonly exit: number; readonly checks: ReadonlyMap<string, DoctorResult> }> {
    const { code, out, err } = await runCli(['doctor', '--json', '--timeout', '20s'], this.settings(more))
    if (out === '') throw new Error(err)
    const { checks } = JSON.parse(out) as { readonly checks: readonly DoctorResult[] } // CAST: what the command prints
    return { exit: code, checks: new Map(checks.map(check => [check.id, check])) }
  }

  run(...argv: readonly string[]) {
    return runCli(argv, this.settings())
  }

  async why(asked: string, more: Variables = {}): Promise<WhyAnswer> {
    const { code, out, err } = await runCli(['why', asked, '--json', '--timeout', '20s'], this.settings(more))
    if (out === '') throw new Error(err)
    return { exit: code, ...JSON.parse(out) }
  }

  /** Asks until the verdict has a code: what was prepared takes a moment to show. */
  async untilWhy(code: string, asked: string, more: Variables = {}): Promise<WhyAnswer> {
    const deadline = performance.now() + 60_000
    for (;;) {
      const answer = await this.why(asked, more)
      if (answer.code === code) return answer
      if (performance.now() > deadline) throw new Error(`not ${code} but ${JSON.stringify(answer)}`)
      await sleep(200)
    }
  }

  whereabouts(placed: PlacedRequest) {
    return whereabouts(this.broker, 'public', placed.id)
  }

  async rpc(method: string, ...params: readonly unknown[]): Promise<void> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(this.devnet.chains.gateway.rpcUrl, { method: 'POST', headers, body })
    await response.body?.cancel()
  }

  #surroundings() {
    const { chains, contracts, node } = this.devnet
    return { chains, contracts, natsUrl: node.nats.url, coreUrl: node.core.url, wallet: node.wallet }
  }
}

export const GARBAGE = randomBytes(400)
const UINT8 = [...FHE_TYPES.values()].find(type => type.name === 'uint8') as FheType // CAST: it is in the table
