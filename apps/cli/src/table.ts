/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  /** Numbers stand to the right. */
  readonly right?: boolean
  /** May lose its middle where the table is too wide: ids and hashes, which their ends tell apart. */
  readonly shrink?: boolean
}

/** A table is no wider than this, however wide the terminal. */
const WIDEST = 100
const GAP = '  '
/** A shrunk cell keeps this many characters at least. */
const NARROWEST = 13

/**
 * Lays rows out in columns that fit a line of the terminal; without a terminal as lines with tabs between whole cells, for
 * `cut` and `awk`. The first line holds the titles.
 * @param columns characters in a line; undefined without a terminal
 */
export function table<Row>(
  spec: readonly Column<Row>[],
  rows: readonly Row[],
  columns: number | undefined,
): readonly string[] {
  const cells = [spec.map(({ title }) => title), ...rows.map(row => spec.map(({ cell }) => oneLine(cell(row))))]
  if (columns === undefined) return cells.map(line => line.join('\t'))
  const widths = fitting(spec, cells, Math.min(columns, WIDEST))
  return cells.map(line => {
    const padded = line.map((cell, i) => {
      const width = widths[i] ?? 0
      const shown = middleCut(cell, width)
      return spec[i]?.right ? shown.padStart(width) : shown.padEnd(width)
    })
    return padded.join(GAP).trimEnd()
  })
}

function fitting<Row>(
  spec: readonly Column<Row>[],
  cells: readonly (readonly string[])[],
  room: number,
): readonly number[] {
  const widths = spec.map((_, i) => Math.max(...cells.map(line => line[i]?.length ?? 0)))
  const total = () => widths.reduce((a, b) => a + b, 0) + GAP.length * (widths.length - 1)
  // The widest first, one character at a time: what must shrink shrinks evenly.
  for (let over = total() - room; over > 0; over--) {
    const widest = spec
      .map(({ shrink }, i) => ({ i, width: shrink ? (widths[i] ?? 0) : 0 }))
      .reduce((a, b) => (b.width > a.width ? b : a))
    if (widest.width <= NARROWEST) break
    widths[widest.i] = widest.width - 1
  }
  return widths
}

/** Keeps both ends of a text that is too long. */
export function middleCut(text: string, width: number): string {
  if (text.length <= width) return text
  const tail = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - tail)}…${tail === 0 ? '' : text.slice(-tail)}`
}

/** Control characters of a message must not reach a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}

/** How long ago, in its largest unit or two: `3h 12m`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600), Math.floor(seconds / 60)]
  if (days > 0) return `${days}d ${hours - days * 24}h`
  if (hours > 0) return `${hours}h ${minutes - hours * 60}m`
  return minutes > 0 ? `${minutes}m ${seconds - minutes * 60}s` : `${seconds}s`
}
