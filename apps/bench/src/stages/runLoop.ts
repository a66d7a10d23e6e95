import type { Side } from './stage.ts'

export interface LoopFigures {
  readonly operations: number
  readonly perSecond: number
  /** Operations for each second of processor time of this process. */
  readonly perCpuSecond: number
}

const US_A_SECOND = 1_000_000

/**
 * Runs a side for some seconds, as many operations at once as it wants, and measures it after a warm-up.
 * @throws RangeError when its work is used up before anything could be measured
 */
export async function runLoop(side: Side, warmUpSeconds: number, seconds: number): Promise<LoopFigures> {
  await runFor(side, warmUpSeconds)
  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  const operations = await runFor(side, seconds)
  const elapsed = (performance.now() - begin) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuSeconds = (user + system) / US_A_SECOND
  if (operations === 0 || cpuSeconds <= 0) throw new RangeError('there was nothing left to measure')
  return { operations, perSecond: operations / elapsed, perCpuSecond: operations / cpuSeconds }
}

async function runFor(side: Side, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1_000
  let operations = 0
  const lane = async () => {
    while (performance.now() < end) {
      const done = await side.step()
      if (done === 0) return
      operations += done
    }
  }
  await Promise.all(Array.from({ length: side.lanes }, lane))
  return operations
}
