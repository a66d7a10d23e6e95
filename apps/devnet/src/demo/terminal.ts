const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'
const paint = (code: number) => (text: string) => (colours && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)

/** Cuts a text without colours to a number of characters. */
export function clip(text: string, characters: number): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= characters ? line : `${line.slice(0, Math.max(0, characters - 1))}…`
}

/** Keeps both ends of a long text: enough to recognise a hash or a number. */
export function ends(text: string, characters: number): string {
  if (text.length <= characters) return text
  const half = Math.floor((characters - 1) / 2)
  return `${text.slice(0, characters - 1 - half)}…${text.slice(text.length - half)}`
}

/** Lays rows out in columns as wide as their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [bold(line(header)), ...rows.map(line)]
}
