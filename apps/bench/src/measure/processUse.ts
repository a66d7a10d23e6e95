import { readFileSync, writeFileSync } from 'node:fs'

/** What a process has used since its start. */
export interface ProcessUse {
  /** User and system time, seconds. */
  readonly cpuSeconds: number
  /** Resident memory now and at most, bytes. */
  readonly rss: number
  readonly peakRss: number
}

/** Linux counts processor time in hundredths of a second. */
const TICKS_A_SECOND = 100

/** @throws ENOENT when the process is gone */
export function useOf(pid: number): ProcessUse {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name of the program may hold blanks; fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return { cpuSeconds, rss: kilobytes(status, 'VmRSS'), peakRss: kilobytes(status, 'VmHWM') }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024
}

/** Lets the peak of resident memory begin anew; harmless where the system does not allow it. */
export function resetPeakRss(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // Not on every Linux; the peak is then that since the start.
  }
}
