/** Milliseconds in every unit a duration may be written with: the short and long spellings of humantime. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
}

const WHOLE = /^(?:\d{1,15}[a-z]+ ?)+$/
const PART = /(\d{1,15})([a-z]+)/g
const RENDERED = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/**
 * Reads a duration such as `500ms`, `3s`, `5m`, `24h`, `7d` or `1h 30m`.
 *
 * @returns milliseconds, or undefined when the text is no duration (a bare number has no unit and is none).
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 100 || !WHOLE.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(PART)) {
    const ms = Object.hasOwn(UNIT_MS, unit ?? '') ? UNIT_MS[unit ?? ''] : undefined
    if (ms === undefined) return undefined
    total += Number(count) * ms
  }
  return Number.isSafeInteger(total) ? total : undefined
}

/** Writes milliseconds in the form {@link parseDuration} reads, for example `1h 30m`. */
export function formatDuration(ms: number): string {
  const parts: string[] = []
  let rest = Math.round(ms)
  for (const [unit, size] of RENDERED) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.length === 0 ? '0ms' : parts.join(' ')
}
