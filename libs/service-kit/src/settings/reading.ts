import { secretsOfUrl } from '../redact.ts'
import { REDACTED, Secret } from '../secret.ts'
import { candidates, earlierNameWarnings } from './candidates.ts'
import type { Group, List, Node, Setting, Shape } from './declare.ts'
import type { EnvironmentReading } from './environment.ts'
import { Mismatch, typeName } from './kind.ts'
import type { LegacyReading } from './legacy.ts'
import { camelCase, dotted, type Place, pick } from './place.ts'
import { variableName } from './schema.ts'
import { isTable, type Table } from './tomlFile.ts'
import { NO_OTHER_NAMES, type OtherNames, unknownKeys } from './unknownKeys.ts'

/** One thing that is wrong with the settings. */
export interface SettingFault {
  readonly path: string
  /** Variable, or file and line; both when the setting is missing from both. */
  readonly where: string
  readonly problem: string
  readonly expected?: string
}

/** Where a value came from: `default`, `unset`, the name of a variable or `file:line`; earlier names say that they are. */
export interface SettingEntry {
  readonly path: string
  readonly value: string
  readonly source: string
}

/** Collects while the tree of settings is read; reading never stops at a fault. */
export interface Reading {
  readonly environment: EnvironmentReading
  readonly prefix: string
  /** What is set under earlier names, by dotted path of the current one. */
  readonly legacy: LegacyReading['values']
  /** What else the file may hold. */
  readonly others: OtherNames
  /** `file:line` of a path in the settings file. */
  readonly where: (path: string) => string
  /** False when the file could not be read: then nothing can be called missing. */
  readonly complete: boolean
  readonly faults: SettingFault[]
  readonly entries: SettingEntry[]
  readonly warnings: string[]
  readonly secrets: Secret[]
}

/** Reads a table. Faults are collected; where there are any the result is incomplete and must not be used. */
export function readTable(shape: Shape, table: Table, place: Place, reading: Reading): Table {
  refuseUnknownKeys(shape, table, place, reading)
  return Object.fromEntries(
    Object.entries(shape).map(([name, node]) => [name, readNode(name, node, table, place, reading)]),
  )
}

function readNode(name: string, node: Node, table: Table, place: Place, reading: Reading): unknown {
  if (node.node === 'setting') return readSetting(name, node, table, place, reading)
  const below = { ...place, path: [...place.path, name] }
  const given = pick(table, [name, ...(place.inList ? [camelCase(name)] : [])])?.value
  return node.node === 'group' ? readGroup(node, given, below, reading) : readList(node, given, below, reading)
}

function readGroup(node: Group<Shape, boolean>, given: unknown, place: Place, reading: Reading): unknown {
  if (given !== undefined && !isTable(given)) {
    return fault(reading, place, `is ${typeName(given)}, not a table`, 'a table')
  }
  if (!node.optional) return readTable(node.shape, given ?? {}, place, reading)
  const names = Object.keys(node.shape).filter(name => isGiven(name, given, place, reading))
  if ((given !== undefined || names.length > 0) && (node.givenBy === undefined || names.includes(node.givenBy))) {
    return readTable(node.shape, given ?? {}, place, reading)
  }
  refuseUnknownKeys(node.shape, given ?? {}, place, reading)
  const path = dotted(place.path)
  if (names.length > 0) reading.warnings.push(`${path} has no effect without ${path}.${node.givenBy}`)
  reading.entries.push({ path, value: '', source: 'unset' })
  return undefined
}

function isGiven(
  name: string,
  table: Table | undefined,
  place: Place,
  { environment, legacy, prefix }: Reading,
): boolean {
  if (table !== undefined && Object.hasOwn(table, name)) return true
  if (place.inList) return false
  const [path, variable] = [dotted([...place.path, name]), variableName([...place.path, name], prefix)]
  const isHere = (given: string, wanted: string, separator: string) =>
    given === wanted || given.startsWith(`${wanted}${separator}`)
  return (
    [...environment.values.keys(), ...environment.problems.keys()].some(given => isHere(given, variable, '__')) ||
    [...legacy.keys()].some(given => isHere(given, path, '.'))
  )
}

function readList(node: List<Shape>, inFile: unknown, place: Place, reading: Reading): unknown {
  const variable = variableName(place.path, reading.prefix)
  const problem = place.inList ? undefined : reading.environment.problems.get(variable)
  if (problem !== undefined) return fault(reading, { ...place, origin: variable }, problem, 'a JSON array of objects')
  const fromVariable = place.inList ? undefined : reading.environment.values.get(variable)
  const given = fromVariable ?? inFile
  const here = fromVariable === undefined ? place : { ...place, origin: variable }
  if (given !== undefined && !Array.isArray(given))
    return fault(reading, here, `is ${typeName(given)}, not a list`, 'a list')
  const items: readonly unknown[] = given ?? []
  const expected = `${node.min} to ${node.max} items`
  if (given === undefined && node.min > 0) return missing(reading, here, expected)
  if (items.length < node.min || items.length > node.max)
    return fault(reading, here, `has ${items.length} items`, expected)
  if (items.length === 0) {
    const source = here.origin ?? (given === undefined ? 'default' : reading.where(dotted(place.path)))
    reading.entries.push({ path: dotted(place.path), value: '(none)', source })
  }
  const read = items.map((item, index) => {
    const below = { ...here, path: [...place.path, `[${index}]`], inList: true }
    if (!isTable(item)) return fault(reading, below, `is ${typeName(item)}, not a table`, 'a table')
    return readTable(node.shape, item, below, reading)
  })
  refuseRepeated(node, read, here, reading)
  return read
}

function refuseRepeated({ unique }: List<Shape>, items: readonly unknown[], place: Place, reading: Reading): void {
  if (unique === undefined) return
  const seen = new Map<unknown, number>()
  for (const [index, item] of items.entries()) {
    const value = isTable(item) ? item[unique] : undefined
    if (value === undefined) continue
    const first = seen.get(value)
    const below = { ...place, path: [...place.path, `[${index}]`, unique] }
    if (first !== undefined)
      fault(reading, below, `repeats that of item ${first + 1}`, 'a different value in every item')
    else seen.set(value, index)
  }
}

function readSetting(name: string, node: Setting<unknown>, table: Table, above: Place, reading: Reading): unknown {
  const place = { ...above, path: [...above.path, name] }
  const [used, ...others] = candidates(name, node, table, above, reading)
  reading.warnings.push(...earlierNameWarnings(used, others, place, reading.prefix))
  if (used !== undefined) {
    try {
      return keep(node, used.read(), place, used.source, reading)
    } catch (problem) {
      return fault(reading, used.place, problem instanceof Mismatch ? problem.message : 'cannot be read', used.expected)
    }
  }
  if (node.fallback !== undefined) return keep(node, node.fallback.value, place, 'default', reading)
  if (node.presence === 'required') return missing(reading, place, node.kind.expected)
  reading.entries.push({ path: dotted(place.path), value: '', source: 'unset' })
  return undefined
}

function keep(node: Setting<unknown>, value: unknown, place: Place, source: string, reading: Reading): unknown {
  const shown = node.kind.secret ? REDACTED : node.kind.display(value)
  reading.entries.push({ path: dotted(place.path), value: shown, source })
  for (const each of Array.isArray(value) ? value : [value]) {
    if (each instanceof Secret) reading.secrets.push(each)
    // Names of cloud resources (arn:aws:...) can be parsed as URLs, too, and are no secrets.
    if (typeof each === 'string' && each.includes('://')) reading.secrets.push(...secretsOfUrl(each))
  }
  return value
}

function refuseUnknownKeys(shape: Shape, table: Table, place: Place, reading: Reading): void {
  const known = place.inList ? withCamelCase(shape) : shape
  for (const { path, problem } of unknownKeys(
    known,
    table,
    place.path,
    place.inList ? NO_OTHER_NAMES : reading.others,
  )) {
    fault(reading, { ...place, path }, problem)
  }
}

/** Items of lists may come from JSON, where names are spelled `likeThis`. The names of the shape come first. */
function withCamelCase(shape: Shape): Shape {
  return { ...shape, ...Object.fromEntries(Object.entries(shape).map(([name, node]) => [camelCase(name), node])) }
}

function missing(reading: Reading, place: Place, expected: string): undefined {
  if (!reading.complete) return undefined
  const where = place.inList ? undefined : variableName(place.path, reading.prefix)
  return fault(reading, { ...place, ...(where === undefined ? {} : { origin: where }) }, 'is missing', expected)
}

function fault(reading: Reading, place: Place, problem: string, expected?: string): undefined {
  const path = dotted(place.path)
  const where = place.origin ?? reading.where(path)
  reading.faults.push({ path, where, problem, ...(expected === undefined ? {} : { expected }) })
  return undefined
}
