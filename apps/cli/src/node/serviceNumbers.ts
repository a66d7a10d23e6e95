import { quantileOf, type Sample, samplesOf } from './promText.ts'

/** What the services say about themselves on /metrics; undefined where no endpoint was given or none tells. */
export interface ServiceNumbers {
  /** Seconds that the KMS Core takes for a result, over all workers given. */
  readonly coreP50: number | undefined
  readonly coreP99: number | undefined
  readonly asked: number
  readonly gaps: readonly string[]
}

const CORE_CALLS = 'kms_connector_worker_core_call_seconds_bucket'

/** Reads /metrics of the services given. @param timeoutMs deadline of each, milliseconds */
export async function serviceNumbers(endpoints: readonly string[], timeoutMs: number): Promise<ServiceNumbers> {
  const gaps: string[] = []
  const pages = endpoints.map(async endpoint => {
    try {
      const response = await fetch(new URL('/metrics', endpoint), {
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'manual',
      })
      return samplesOf(await response.text())
    } catch {
      gaps.push(`${endpoint}: /metrics does not answer`)
      return []
    }
  })
  const samples = (await Promise.all(pages)).flat()
  const polls = samples.filter(isCoreResult)
  return { coreP50: quantileOf(polls, 0.5), coreP99: quantileOf(polls, 0.99), asked: endpoints.length, gaps }
}

/** Polls that ended with a result: what a request waits for. */
function isCoreResult({ name, labels }: Sample): boolean {
  return name === CORE_CALLS && labels.get('status') === 'Ok' && (labels.get('method') ?? '').startsWith('get')
}
