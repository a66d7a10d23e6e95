/**
 * Finds the line of every key of a TOML document, because the parser does not keep positions and "line 12" is what
 * helps an operator most. Works on documents the parser accepted; on others the answer may be wrong but it ends.
 *
 * @returns line numbers from 1 by dotted path, items of arrays of tables as `name[0]`
 */
export function tomlLines(document: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  const items = new Map<string, number>()
  let table = ''
  let open: OpenValue = { string: undefined, brackets: 0 }
  const note = (path: string, line: number) => {
    if (!found.has(path)) found.set(path, line)
  }
  for (const [index, raw] of document.split('\n').entries()) {
    const line = raw.trim()
    const inside = open.string !== undefined || open.brackets > 0
    if (inside) {
      open = scanValue(line, open)
      continue
    }
    const header = HEADER.exec(line)
    const [whole, keys] = header ? ['', ''] : (ASSIGNMENT.exec(line) ?? ['', ''])
    if (header) {
      table = enterTable(namesOf(header[2] ?? ''), header[1] === '[[', items)
      note(table, index + 1)
    } else if (whole !== '') {
      let path = table
      for (const name of namesOf(keys ?? '')) {
        path = path === '' ? name : `${path}.${name}`
        note(path, index + 1)
      }
      open = scanValue(line.slice(whole.length), open)
    }
  }
  return found
}

const NAME = String.raw`(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')`
const NAMES = String.raw`${NAME}(?:\s*\.\s*${NAME})*`
const HEADER = new RegExp(String.raw`^(\[\[?)\s*(${NAMES})\s*\]`)
const ASSIGNMENT = new RegExp(String.raw`^(${NAMES})\s*=`)

interface OpenValue {
  readonly string: '"""' | "'''" | undefined
  readonly brackets: number
}

const namesOf = (keys: string): readonly string[] =>
  [...keys.matchAll(new RegExp(NAME, 'g'))].map(([name]) => name.replace(/^["']|["']$/g, ''))

/** The path of a table below the newest item of every array of tables on its way. */
function enterTable(names: readonly string[], isItem: boolean, items: Map<string, number>): string {
  let path = ''
  for (const [depth, name] of names.entries()) {
    path = path === '' ? name : `${path}.${name}`
    const isLast = depth === names.length - 1
    if (isLast && isItem) items.set(path, (items.get(path) ?? -1) + 1)
    const item = items.get(path)
    if (item !== undefined) path = `${path}[${item}]`
  }
  return path
}

/** What of a value is still open at the end of a line: a multi-line string, or brackets. */
function scanValue(line: string, before: OpenValue): OpenValue {
  let { string, brackets } = before
  for (let at = 0; at < line.length; ) {
    if (string !== undefined) {
      const end = line.indexOf(string, at)
      if (end < 0) break
      at = end + 3
      string = undefined
      continue
    }
    const char = line[at]
    const triple = line.slice(at, at + 3)
    if (char === '#') break
    if (triple === '"""' || triple === "'''") {
      string = triple
      at += 3
      continue
    }
    if (char === '"' || char === "'") {
      at = closingQuote(line, at, char) + 1
      continue
    }
    if (char === '[' || char === '{') brackets++
    if (char === ']' || char === '}') brackets--
    at++
  }
  return { string, brackets: Math.max(0, brackets) }
}

function closingQuote(line: string, from: number, quote: string): number {
  let at = from + 1
  while (at < line.length && line[at] !== quote) at += quote === '"' && line[at] === '\\' ? 2 : 1
  return at
}
