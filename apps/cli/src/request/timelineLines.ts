import { type Column, table } from '../table.ts'
import type { TimelineEntry } from './timeline.ts'

interface Row extends TimelineEntry {
  readonly since: number | undefined
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'TIME (UTC)', cell: ({ at }) => (at === undefined ? '-' : new Date(at).toISOString().slice(0, 23)) },
  { title: 'AFTER', cell: ({ since }) => (since === undefined ? '' : durationText(since)), right: true },
  { title: 'BY', cell: ({ by }) => by },
  { title: 'WHAT', cell: ({ what }) => what },
]

/** A timeline as lines, each followed by where to look next. */
export function timelineLines(entries: readonly TimelineEntry[], columns: number | undefined): string[] {
  if (entries.length === 0) return ['nothing is known to have happened']
  const rows = entries.map((entry, i) => ({ ...entry, since: sinceOf(entry, entries[i - 1]) }))
  const [header = '', ...lines] = table(COLUMNS, rows, columns === undefined ? undefined : 10_000)
  return [header, ...lines.flatMap((line, i) => [line, ...(rows[i]?.look ? [`    ${rows[i].look}`] : [])])]
}

function sinceOf({ at }: TimelineEntry, before: TimelineEntry | undefined): number | undefined {
  return at === undefined || before?.at === undefined ? undefined : Math.max(0, at - before.at)
}

/** `+0.250 s`; `+3 m 12 s` from a minute on. */
export function durationText(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 60) return `+${seconds.toFixed(3)} s`
  const minutes = Math.floor(seconds / 60)
  return `+${minutes} m ${Math.round(seconds - 60 * minutes)} s`
}
