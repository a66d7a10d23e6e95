import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'

/** A page of the monitoring server of a listener. */
export async function pageOf({ url }: ServiceProcess, path: string): Promise<string> {
  const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000) })
  return answer.text()
}

/** Sum of the samples of a metric whose labels contain all of these texts; undefined when there is none. */
export async function metricOf(
  service: ServiceProcess,
  name: string,
  ...labels: readonly string[]
): Promise<number | undefined> {
  const samples = (await pageOf(service, '/metrics'))
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter(line => labels.every(label => line.includes(label)))
  if (samples.length === 0) return undefined
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
