// Reads docs/acceptance.md: which tests a row names, and whether a source holds a test of that title.

export interface Evidence {
  readonly file: string
  /** Titles as they stand in the source, `*` where a value is put in. */
  readonly titles: readonly string[]
}

export interface AcceptanceRow {
  readonly number: string
  readonly evidence: readonly Evidence[]
  /** What the last column says besides. */
  readonly words: string
}

const CODE = /`([^`]+)`/g
const IS_FILE = /^(?:apps|libs|test)\/\S+\.test\.ts$/
/** A call of the test runner; its title is a text, or something that a table of cases holds. */
const TEST_CALL = /(?:^|[\s.(])(?:test|describe)\(\s*(?:(['"`])((?:\\.|(?!\1)[^\\])*)\1|([a-z]\w*)\s*,)/gs

/** @returns the rows of all tables in the document whose first column is a letter and a number. */
export function evidenceIn(markdown: string): AcceptanceRow[] {
  return markdown.split('\n').flatMap(line => {
    const cells = line.split(/(?<!\\)\|/).map(cell => cell.trim().replaceAll('\\|', '|'))
    const [, number = '', , last = ''] = cells
    return /^[A-Z]\d+$/.test(number) ? [{ number, ...readCell(last) }] : []
  })
}

/** A file in code style, then the titles of its tests in code style, up to the next file. */
function readCell(cell: string): Omit<AcceptanceRow, 'number'> {
  const evidence: { file: string; titles: string[] }[] = []
  for (const [, code = ''] of cell.matchAll(CODE)) {
    if (IS_FILE.test(code)) evidence.push({ file: code, titles: [] })
    else evidence.at(-1)?.titles.push(code)
  }
  const words = cell
    .replace(CODE, '')
    .replaceAll('<br>', ' ')
    .replaceAll(/[\s:,]+/g, ' ')
  return { evidence, words: words.trim() }
}

/** @returns the titles of all tests whose title is written where they are called. */
export function titlesOf(source: string): string[] {
  return [...source.matchAll(TEST_CALL)].flatMap(([, quote, text]) => (quote && text ? [plain(text)] : []))
}

/** Whether the source has a test of this title, also one whose title comes from a table of cases in the same file. */
export function checkEvidence(source: string, title: string): boolean {
  if (titlesOf(source).includes(title)) return true
  const hasTable = [...source.matchAll(TEST_CALL)].some(([, , text, variable]) => variable ?? text?.includes('${'))
  if (!hasTable || title.length < 3) return false
  return [`'${title}'`, `"${title}"`, `'${title.replaceAll("'", "\\'")}'`].some(literal => source.includes(literal))
}

function plain(text: string): string {
  return text.replaceAll(/\$\{[^}]*\}/g, '*').replaceAll(/\\(['"`])/g, '$1')
}
