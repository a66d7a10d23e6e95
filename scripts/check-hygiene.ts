// Looks for what must never be committed: `npm run check:hygiene`. Left-over work, switched-off checks, casts without a
// reason, and host names of package registries (a clone must install from whatever registry its user has).
import { isSource, report, repositoryFiles } from './repositoryFiles.ts'

/** In words, because the names themselves must not stand in any file. */
const REGISTRIES = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['proxy', 'golang', 'org'],
  ['sum', 'golang', 'org'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['archive', 'ubuntu', 'com'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['index', 'crates', 'io'],
  ['static', 'crates', 'io'],
].map(labels => labels.join('.'))

/** Looked for in the whole text, comments included. */
const ANYWHERE: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TODO|FIXME|XXX|HACK)\b/, 'left-over work'],
  [/@ts-(?:ignore|expect-error|nocheck)\b/, 'a switched-off type check'],
]

/** Looked for in code only. */
const IN_CODE: readonly (readonly [RegExp, string])[] = [
  [/\bas any\b|[:<,|(]\s*any\b(?!\s*[(.])|\bany\[\]/, 'any'],
  // Node keeps the parts of a combined signal by weak references: a time-out that nobody else holds is collected and never fires.
  [
    /AbortSignal\.any\([^\n]*AbortSignal\.timeout\(/,
    'a time-out that may be collected before it fires (use withDeadline)',
  ],
  [/\.(?:only|skip|todo)\s*\(|\b(?:only|skip|todo):\s*true\b/, 'a test that does not count'],
]

/** A cast that needs a reason. `as const` is none, and import and export lists rename with the same word. */
const CAST = /(?<![.\w$])as\s+(?!const\b)(?=[A-Za-z_$({[])/

const self = 'scripts/check-hygiene.ts'

/**
 * Text of a source file with comments, strings and regular expressions blanked out, line for line. Code inside of
 * `${...}` stays.
 */
function codeOf(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, ' ')
  let code = ''
  let at = 0
  const templates: number[] = []
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    const inTemplate = templates.at(-1) === 0
    const skipped = inTemplate
      ? take(/(?:\\[\s\S]|\$(?!\{)|[^\\`$])+/y)
      : (take(COMMENT_OR_STRING) ?? regexAt(code, take))
    if (skipped !== undefined) {
      code += blank(skipped)
      at += skipped.length
      continue
    }
    const char = text[at] ?? ''
    const depth = templates.at(-1)
    if (char === '`') inTemplate ? templates.pop() : templates.push(0)
    else if (inTemplate) templates[templates.length - 1] = 1
    else if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
    else if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
    // `${` is two characters of one token.
    const token = inTemplate && char === '$' ? '${' : char
    code += token
    at += token.length
  }
  return code
}

const COMMENT_OR_STRING = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y

/** A slash starts a regular expression where no value can stand before it. */
function regexAt(before: string, take: (pattern: RegExp) => string | undefined): string | undefined {
  if (!/(?:^|[=([{,;:!&|?>+-]|\breturn|\bcase|\btypeof)\s*$/.test(before.slice(-40))) return undefined
  return take(/\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y)
}

/** Import and export lists, where `as` renames. */
function withoutRenames(code: string): string {
  return code.replace(/\b(?:import|export)\b[^;={]*(?:\{[^}]*\}|\*\s+as\s+\w+)/g, part => part.replace(/\bas\b/g, '  '))
}

/** Whether a line, or the comment right above it, gives the reason for a cast. */
function hasReason(lines: readonly string[], index: number): boolean {
  if (lines[index]?.includes('CAST:')) return true
  for (let above = index - 1; /^\s*(?:\/\/|\*|\/\*)/.test(lines[above] ?? ''); above--) {
    if (lines[above]?.includes('CAST:')) return true
  }
  return lines[index - 1]?.includes('CAST:') ?? false
}

/** The line where the bracket was opened that a line starts by closing; the line itself when it closes none. */
function openingLine(code: readonly string[], index: number): number {
  if (!/^\s*[)\]}]/.test(code[index] ?? '')) return index
  const indent = (line: string | undefined) => /^\s*/.exec(line ?? '')?.[0].length ?? 0
  let above = index - 1
  while (above > 0 && (code[above]?.trim() === '' || indent(code[above]) > indent(code[index]))) above--
  return Math.max(above, 0)
}

function sourceFaults(path: string, text: string): readonly string[] {
  if (path === self) return []
  const lines = text.split('\n')
  const code = withoutRenames(codeOf(text)).split('\n')
  return lines.flatMap((line, index) => {
    const found = [
      ...ANYWHERE.filter(([pattern]) => pattern.test(line)).map(([, what]) => what),
      ...IN_CODE.filter(([pattern]) => pattern.test(code[index] ?? '')).map(([, what]) => what),
    ]
    const unexplained =
      CAST.test(code[index] ?? '') && !hasReason(lines, index) && !hasReason(lines, openingLine(code, index))
    if (unexplained) found.push('a cast without a reason (CAST: ...)')
    return found.map(what => `${path}:${index + 1}: ${what}: ${line.trim().slice(0, 100)}`)
  })
}

function registryFaults(path: string, text: string): readonly string[] {
  return REGISTRIES.filter(host => text.includes(host)).map(host => `${path}: names the package registry ${host}`)
}

const files = repositoryFiles(() => true)
const faults = files.flatMap(({ path, text }) => [
  ...registryFaults(path, text),
  ...(isSource(path) ? sourceFaults(path, text) : []),
])

report('hygiene', faults, `${files.length} files`)
