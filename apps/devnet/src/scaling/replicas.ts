import { join } from 'node:path'
import type { Devnet } from '../devnet/index.ts'
import { type Service, serviceEntry } from '../devnet/programs.ts'
import { serviceVariables } from '../devnet/serviceVariables.ts'
import { ServiceProcess } from '../process/serviceProcess.ts'

const SETTLED = /^kms_connector_worker_requests_settled_total\{[^}]*settlement="ack"[^}]*\} (\d+)/gm
const PROBE_TIMEOUT_MS = 5_000

/** The workers of a devnet, started and killed as an orchestrator would. */
export class Replicas {
  readonly #devnet: Devnet
  readonly #variables: Readonly<Record<string, string>>
  readonly #alive = new Map<string, ServiceProcess>()
  #started = 0

  /** @param variables settings of the workers that differ from those of the devnet, without their prefix */
  constructor(devnet: Devnet, variables: Readonly<Record<string, string>>) {
    this.#devnet = devnet
    this.#variables = variables
  }

  /** Names of those that run, the oldest first. */
  get names(): readonly string[] {
    return [...this.#alive.keys()]
  }

  /** Starts replicas side by side and waits until all are ready. */
  async add(count: number, signal: AbortSignal): Promise<void> {
    const added = await Promise.all(Array.from({ length: count }, () => this.#spawn()))
    await Promise.all(added.map(replica => replica.ready(signal)))
  }

  /** Starts or stops the newest until as many run. */
  async scaleTo(count: number, signal: AbortSignal): Promise<void> {
    await this.add(Math.max(0, count - this.#alive.size), signal)
    for (const name of this.names.slice(count)) await this.end(name, 'SIGTERM')
  }

  /** Ends a replica with a signal: SIGKILL without a word to the broker, SIGTERM with handing back what it holds. */
  async end(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const replica = this.#alive.get(name)
    this.#alive.delete(name)
    await (signal === 'SIGKILL' ? replica?.kill('SIGKILL') : replica?.stop())
  }

  async endAll(): Promise<void> {
    await Promise.all(this.names.map(name => this.end(name, 'SIGTERM')))
  }

  /** Requests that each running replica has answered and acknowledged since its start, by its own metrics. */
  async answered(): Promise<Map<string, number>> {
    const counts = [...this.#alive].map(async ([name, { url }]) => {
      const page = await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
      return [name, sumOf(await page.text())] as const
    })
    return new Map(await Promise.all(counts))
  }

  async #spawn(): Promise<ServiceProcess> {
    const { chains, contracts, node, dir } = this.#devnet
    const name = `kms-worker-${++this.#started}`
    const service: Service = 'kms-worker'
    const surroundings = { chains, contracts, natsUrl: node.nats.url, coreUrl: node.core.url, wallet: node.wallet }
    const replica = await ServiceProcess.spawn({
      name,
      entry: serviceEntry(service),
      args: ['start'],
      env: serviceVariables(service, name, surroundings, { worker: this.#variables }),
      logFile: join(dir, `${name}.log`),
      urlOf: line => /"monitoring_url":"([^"]+)"/.exec(line)?.[1],
      readyPage: '/readyz',
    })
    this.#alive.set(name, replica)
    return replica
  }
}

function sumOf(page: string): number {
  return [...page.matchAll(SETTLED)].reduce((sum, [, count]) => sum + Number(count), 0)
}
