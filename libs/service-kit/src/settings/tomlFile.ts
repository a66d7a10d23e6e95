import { readFileSync, statSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { tomlLines } from './tomlLines.ts'

/** A settings file of more than this many bytes is a mistake. */
const MAX_FILE_BYTES = 1024 * 1024

export type Table = Readonly<Record<string, unknown>>

export interface TomlFile {
  readonly table: Table
  /** `file:line` of a dotted path, or of the nearest table above it. */
  readonly where: (path: string) => string
}

/** Why a settings file cannot be used. Never repeats the text of the file: it may hold secrets. */
export interface TomlFault {
  readonly where: string
  readonly problem: string
}

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** Reads a settings file from disk. */
export function readTomlFile(file: string): TomlFile | TomlFault {
  let document: string
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return { where: file, problem: `is larger than ${MAX_FILE_BYTES} bytes` }
    document = readFileSync(file, 'utf8')
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown error'
    return { where: file, problem: `cannot be read (${code})` }
  }
  return parseToml(document, file)
}

/** @param file the name used in messages */
export function parseToml(document: string, file: string): TomlFile | TomlFault {
  try {
    // Integers beyond 2^53 come as bigint, so that the setting they belong to is named instead of the whole file failing.
    const table = parse(document, { integersAsBigInt: 'asNeeded', unsafeKeyBehaviour: 'throw', maxDepth: 32 })
    const lines = tomlLines(document)
    return { table, where: path => locate(file, path, lines) }
  } catch (fault) {
    if (!(fault instanceof TomlError)) return { where: file, problem: 'is not TOML' }
    // The parser appends an excerpt of the document to its message.
    const reason = fault.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? ''
    return { where: `${file}:${fault.line}:${fault.column}`, problem: `is not TOML: ${reason}` }
  }
}

function locate(file: string, path: string, lines: ReadonlyMap<string, number>): string {
  for (let at = path; at !== ''; at = at.replace(/(?:^|\.)[^.]*$/, '')) {
    const line = lines.get(at) ?? lines.get(at.replace(/\[\d+\]$/, ''))
    if (line !== undefined) return `${file}:${line}`
  }
  return file
}
