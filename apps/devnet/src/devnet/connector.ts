import { join } from 'node:path'
import { type ServicePlan, ServiceProcess } from '../process/serviceProcess.ts'
import type { Teardown } from '../process/teardown.ts'
import { type DevnetOptions, nodeCount } from './devnetOptions.ts'
import { SERVICE_MEMORY_MB, type Service, serviceEntry } from './programs.ts'
import { type Surroundings, serviceVariables } from './serviceVariables.ts'

/** The connector of one node: its three services as processes. */
export interface Connector {
  readonly listener: ServiceProcess
  readonly workers: readonly ServiceProcess[]
  readonly sender: ServiceProcess
}

/** Starts the services of one node side by side, as an orchestrator would, and waits until all are ready. */
export async function startConnector(
  index: number,
  surroundings: Surroundings,
  options: DevnetOptions,
  dir: string,
  teardown: Teardown,
): Promise<Connector> {
  const suffix = nodeCount(options) === 1 ? '' : `-n${index + 1}`
  const started: ServiceProcess[] = []
  teardown.add(`the connector of node ${index + 1}`, () => Promise.all(started.map(service => service.stop())))
  const start = async (service: Service, name: string): Promise<ServiceProcess> => {
    const process = await ServiceProcess.spawn(servicePlan(service, name, surroundings, options, dir))
    started.push(process)
    return process
  }
  const listener = await start('gw-listener', `gw-listener${suffix}`)
  const workers: ServiceProcess[] = []
  for (let n = 1; n <= (options.workers ?? 2); n++) workers.push(await start('kms-worker', `kms-worker${suffix}-${n}`))
  const sender = await start('tx-sender', `tx-sender${suffix}`)
  await Promise.all(started.map(service => service.ready(options.signal)))
  return { listener, workers, sender }
}

/** @returns a service of the connector as a process */
export function servicePlan(
  service: Service,
  name: string,
  surroundings: Surroundings,
  options: DevnetOptions,
  dir: string,
): ServicePlan {
  return {
    name,
    service,
    entry: serviceEntry(service),
    args: ['start'],
    memoryMb: SERVICE_MEMORY_MB[service],
    env: serviceVariables(service, name, surroundings, options),
    logFile: join(dir, `${name}.log`),
    urlOf: monitoringUrl,
    readyPage: '/readyz',
  }
}

/** The first line that a service logs names its monitoring server. */
function monitoringUrl(line: string): string | undefined {
  return /"monitoring_url":"([^"]+)"/.exec(line)?.[1]
}
