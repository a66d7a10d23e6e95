import type { KeyRatio } from './keyRatios.ts'

/** What is drawn: a bar for each ratio, and where the numbers come from. */
export interface Chart {
  readonly title: string
  /** Lines below the title. */
  readonly notes: readonly string[]
  readonly ratios: readonly KeyRatio[]
  /** Ratios that are promised, by name. */
  readonly targets: Readonly<Record<string, number>>
}

const WIDTH = 900
const LABELS = 250
const ROW = 24
const BAR = 14
const TOP = 84
const MARGIN = 24
const COLOURS = {
  stage: '#5b8dc9',
  'end to end': '#2f6f4f',
  target: '#c0392b',
  grid: '#d0d4d8',
  text: '#1f2428',
} as const
const TICK = 0.25

/** Draws achieved ÷ bound as an SVG of its own, without fonts, scripts or anything else to load. Pure. */
export function ratioChart({ title, notes, ratios, targets }: Chart): string {
  const most = Math.max(1, ...ratios.map(({ ratio }) => (Number.isFinite(ratio) ? ratio : 0)))
  const scale = Math.ceil(most / TICK) * TICK
  const height = TOP + ratios.length * ROW + MARGIN * 2
  const x = (ratio: number) => Math.round(LABELS + (ratio / scale) * (WIDTH - LABELS - MARGIN * 3))
  const ticks = Array.from({ length: Math.round(scale / TICK) + 1 }, (_, i) => i * TICK)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="${COLOURS.text}">`,
    '<title>KMS Connector: achieved ÷ bound of the same run</title>',
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(MARGIN, 26, title, 'font-size="16" font-weight="bold"'),
    ...notes.map((note, i) => text(MARGIN, 46 + 16 * i, note)),
    ...ticks.flatMap(tick => gridLine(x(tick), tick, height)),
    ...ratios.flatMap((one, i) => row(one, TOP + i * ROW, x, targets[one.name])),
    '</svg>',
    '',
  ].join('\n')
}

function gridLine(x: number, tick: number, height: number): string[] {
  const bound = tick === 1
  const stroke = bound ? COLOURS.text : COLOURS.grid
  const bottom = height - MARGIN * 1.5
  return [
    `<line x1="${x}" y1="${TOP - 6}" x2="${x}" y2="${bottom}" stroke="${stroke}"/>`,
    text(x, bottom + 16, bound ? '1 = bound' : String(tick), 'text-anchor="middle"'),
  ]
}

function row({ name, kind, ratio }: KeyRatio, y: number, x: (ratio: number) => number, target?: number): string[] {
  const end = x(Number.isFinite(ratio) ? ratio : 0)
  const base = y + BAR - 3
  const mark = target === undefined ? [] : [targetMark(x(target), y)]
  return [
    text(LABELS - 8, base, name, 'text-anchor="end"'),
    `<rect class="bar" x="${LABELS}" y="${y}" width="${Math.max(0, end - LABELS)}" height="${BAR}" fill="${COLOURS[kind]}"/>`,
    ...mark,
    text(Math.max(end, target === undefined ? 0 : x(target)) + 6, base, ratio.toFixed(2)),
  ]
}

function targetMark(x: number, y: number): string {
  return `<line class="target" x1="${x}" y1="${y - 3}" x2="${x}" y2="${y + BAR + 3}" stroke="${COLOURS.target}" stroke-width="3"/>`
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<text x="${x}" y="${y}"${attributes === '' ? '' : ` ${attributes}`}>${escaped}</text>`
}
