import type { Environment } from './environment.ts'
import { Mismatch, quoted, typeName } from './kind.ts'
import { variableName } from './schema.ts'
import { isTable, type Table } from './tomlFile.ts'

/** Turns what was written under an earlier name into what is written under the current one. */
export interface Conversion {
  /** Completes "expected ...", in the units of the earlier name. */
  readonly expected: string
  /** @throws Mismatch */
  readonly convert: (text: string) => string
}

interface Earlier {
  /** Dotted path in TOML; the variable follows from it as it does for current settings. */
  readonly path: string
  /** Whose settings had the name, for the documentation. */
  readonly from: string
}

/** An earlier name that still works. */
export interface Alias extends Earlier {
  /** Dotted path of the setting that took over; where services differ, the first of these that a service has. */
  readonly now: readonly [string, ...string[]]
  readonly conversion?: Conversion
  /** What else changed, as the end of a warning. */
  readonly note?: string
}

/** An earlier name that is accepted but has no effect any more. */
export interface Retired extends Earlier {
  /** Completes "has no effect: ...". */
  readonly why: string
}

export type LegacyName = Alias | Retired

/** A value that is set under an earlier name. */
export interface LegacyValue {
  readonly alias: Alias
  /** The earlier name as it is written: a variable, or a dotted path of the file. */
  readonly label: string
  /** The variable for a value of the environment; undefined for one of the file. */
  readonly variable?: string
  readonly written: unknown
}

/** What is set under earlier names. */
export interface LegacyReading {
  /** By dotted path of the current setting; those of the environment first, then in the order of the table of names. */
  readonly values: ReadonlyMap<string, readonly LegacyValue[]>
  /** One line for every retired name that is set. */
  readonly warnings: readonly string[]
}

/** @param declared dotted paths of the settings this process has: aliases of others are left alone */
export function readLegacy(
  names: readonly LegacyName[],
  declared: ReadonlySet<string>,
  prefix: string,
  env: Environment,
  table: Table,
): LegacyReading {
  const values = new Map<string, LegacyValue[]>()
  const warnings: string[] = []
  const note = (name: LegacyName, label: string, written: unknown, variable?: string): void => {
    if (written === undefined) return
    if ('why' in name) {
      warnings.push(`${label} has no effect: ${name.why}`)
      return
    }
    const target = name.now.find(path => declared.has(path))
    if (target === undefined) return
    const value = { alias: name, label, written, ...(variable === undefined ? {} : { variable }) }
    values.set(target, [...(values.get(target) ?? []), value])
  }
  for (const name of names) {
    const variable = legacyVariable(name, prefix)
    note(name, variable, env[variable], variable)
  }
  for (const name of names) note(name, name.path, valueAt(table, name.path))
  return { values, warnings }
}

/** The value as it would be written in a variable of the current name. @throws Mismatch */
export function currentText({ alias, written }: LegacyValue): string {
  const text = textOf(written)
  return alias.conversion === undefined ? text : alias.conversion.convert(text)
}

export function legacyVariable({ path }: LegacyName, prefix: string): string {
  return variableName(path.split('.'), prefix)
}

/** A whole number in another unit: `scaled('seconds', 's')` makes `300` the duration `300s`. */
export function scaled(units: string, suffix: string): Conversion {
  const expected = `a whole number of ${units}`
  return {
    expected,
    convert: text => {
      if (!/^\d{1,12}$/.test(text.trim())) throw new Mismatch(`${quoted(text)} is not ${expected}`)
      return `${text.trim()}${suffix}`
    },
  }
}

/** A whole number that was allowed to be larger than the setting that took over. */
export function atMost(ceiling: number): Conversion {
  return {
    expected: 'a whole number of 1 or more',
    convert: text => (/^\d{1,20}$/.test(text.trim()) ? String(Math.min(Number(text), ceiling)) : text),
  }
}

function textOf(written: unknown): string {
  if (typeof written === 'string') return written
  if (['number', 'bigint', 'boolean'].includes(typeof written)) return String(written)
  throw new Mismatch(`is ${typeName(written)}`)
}

function valueAt(table: Table, path: string): unknown {
  let value: unknown = table
  for (const name of path.split('.')) {
    if (!isTable(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}
