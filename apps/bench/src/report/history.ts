import type { BenchReport } from './benchReport.ts'
import { keyRatios } from './keyRatios.ts'
import type { Machine } from './machine.ts'

/** What is kept of a run, one line of JSON. */
export interface HistoryEntry {
  readonly startedAt: string
  readonly quick: boolean
  readonly machine: Machine
  readonly ratios: Readonly<Record<string, number>>
}

/** Part of a ratio that may be lost before it is called a regression. */
const TOLERATED = 0.1
/** Earlier runs that are compared with: the middle of them. */
const COMPARED = 3

export function historyEntry({ startedAt, quick, machine, shapes }: BenchReport): HistoryEntry {
  const ratios = Object.fromEntries(keyRatios(shapes).map(({ name, ratio }) => [name, Number(ratio.toFixed(4))]))
  return { startedAt, quick, machine, ratios }
}

/** Reads lines of the history; what cannot be read is left out, so that an edited file fails no run. */
export function parseHistory(text: string): HistoryEntry[] {
  return text.split('\n').flatMap(line => {
    try {
      const entry: unknown = JSON.parse(line)
      return isEntry(entry) ? [entry] : []
    } catch {
      return []
    }
  })
}

function isEntry(value: unknown): value is HistoryEntry {
  return typeof value === 'object' && value !== null && 'ratios' in value && 'machine' in value && 'startedAt' in value
}

/**
 * Compares a run with the last ones of the same machine and length: pure.
 * @returns a sentence for each ratio that is more than 10 % below the middle of the last three
 */
export function regressions(entry: HistoryEntry, history: readonly HistoryEntry[]): string[] {
  const alike = history.filter(other => sameConditions(other, entry)).slice(-COMPARED)
  return Object.entries(entry.ratios).flatMap(([name, ratio]) => {
    const before = alike.flatMap(({ ratios }) => ratios[name] ?? []).sort((a, b) => a - b)
    const middle = before[Math.floor(before.length / 2)]
    if (middle === undefined || ratio >= middle * (1 - TOLERATED)) return []
    const lost = Math.round(100 * (1 - ratio / middle))
    return [`${name}: ${ratio.toFixed(2)} of the bound, ${middle.toFixed(2)} before: ${lost} % less`]
  })
}

function sameConditions(a: HistoryEntry, b: HistoryEntry): boolean {
  const key = ({ quick, machine: { processor, cores, platform } }: HistoryEntry) =>
    JSON.stringify([quick, processor, cores, platform])
  return key(a) === key(b)
}
