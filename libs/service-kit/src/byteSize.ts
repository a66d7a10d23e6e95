const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}
const RENDERED = ['TiB', 'GiB', 'MiB', 'KiB'] as const
const SIZE = /^(\d{1,15}) ?([A-Za-z]{0,3})$/

/**
 * Reads a size such as `66MiB` (powers of 1024), `2GB` (powers of 1000) or `4096`.
 *
 * @returns bytes, or undefined when the text is no size.
 */
export function parseByteSize(text: string): number | undefined {
  const [, count, unit = ''] = SIZE.exec(text) ?? []
  const factor = Object.hasOwn(UNIT_BYTES, unit) ? UNIT_BYTES[unit] : undefined
  if (count === undefined || factor === undefined) return undefined
  const bytes = Number(count) * factor
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Writes bytes with the largest unit that divides them, so that {@link parseByteSize} reads the same number back. */
export function formatByteSize(bytes: number): string {
  for (const unit of RENDERED) {
    const size = UNIT_BYTES[unit] ?? 1
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  }
  return `${bytes}B`
}
