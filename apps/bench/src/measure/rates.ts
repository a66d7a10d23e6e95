import type { Sample, Stage } from './sample.ts'

export interface Rate {
  readonly perSecond: number
  /** Requests for each second of processor time of the process; undefined when none was measurable. */
  readonly perCpuSecond: number | undefined
}

/** Parts of a wave at which measuring begins and ends: warm, and before the tail. */
const FROM = 0.25
const TO = 0.95

/**
 * @returns how fast a stage went in the warm middle of a wave, and what that cost a process
 * @throws RangeError for samples too few to tell
 */
export function rateOf(samples: readonly Sample[], stage: Stage, process: string, count: number): Rate {
  const begin = samples.find(sample => sample.done[stage] >= FROM * count)
  const end = samples.find(sample => sample.done[stage] >= TO * count)
  if (!begin || !end || begin === end) throw new RangeError(`too few samples of ${stage}: place more requests`)
  const done = end.done[stage] - begin.done[stage]
  const cpu = cpuSeconds(begin, end, process)
  return {
    perSecond: (done / (end.at - begin.at)) * 1000,
    perCpuSecond: cpu > 0 ? done / cpu : undefined,
  }
}

/** @returns seconds of processor time that a process used between two samples */
export function cpuSeconds(begin: Sample, end: Sample, process: string): number {
  return (end.use.get(process)?.cpuSeconds ?? 0) - (begin.use.get(process)?.cpuSeconds ?? 0)
}
