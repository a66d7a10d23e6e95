import type { RunFigures } from './runFigures.ts'
import { STAGE_PROCESS } from './runFigures.ts'

/** @returns the figures of one run that are looked at first, as one line */
export function runKey({ pipeline, perSecond, stages, processes }: RunFigures): string {
  const parts = STAGE_PROCESS.map(([, part]) => {
    const peak = processes.find(({ name }) => name === part)?.peakRssMb ?? 0
    return `${part} ${whole(stages[part]?.perCpuSecond)}/CPU-s ${whole(peak)} MB`
  })
  return `${pipeline.padEnd(8)} ${whole(perSecond).padStart(5)}/s end to end; ${parts.join(', ')}`
}

function whole(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(0)
}
