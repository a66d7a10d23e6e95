import { REDACTED, Secret } from '../secret.ts'
import type { Group, List, Node, Setting, Shape } from './declare.ts'
import type { EnvironmentReading } from './environment.ts'
import { Mismatch, typeName } from './kind.ts'
import { nearestName } from './nearestName.ts'
import { variableName } from './schema.ts'
import { isTable, type Table } from './tomlFile.ts'

/** One thing that is wrong with the settings. */
export interface SettingFault {
  readonly path: string
  /** Variable, or file and line; both when the setting is missing from both. */
  readonly where: string
  readonly problem: string
  readonly expected?: string
}

/** Where a value came from: `default`, `unset`, the name of a variable or `file:line`. */
export interface SettingEntry {
  readonly path: string
  readonly value: string
  readonly source: string
}

/** Collects while the tree of settings is read; reading never stops at a fault. */
export interface Reading {
  readonly environment: EnvironmentReading
  readonly prefix: string
  /** `file:line` of a path in the settings file. */
  readonly where: (path: string) => string
  /** False when the file could not be read: then nothing can be called missing. */
  readonly complete: boolean
  readonly faults: SettingFault[]
  readonly entries: SettingEntry[]
  readonly warnings: string[]
  readonly secrets: Secret[]
}

/** Position in the tree. Items of lists have no variables of their own. */
interface Place {
  readonly path: readonly string[]
  /** Where a list that came from one variable came from; undefined in the file. */
  readonly origin?: string
  readonly inList: boolean
}

export const ROOT: Place = { path: [], inList: false }

const dotted = (path: readonly string[]) => path.join('.').replaceAll('.[', '[')
const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

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
  if (node.optional && given === undefined && !isSetByVariable(place, reading)) {
    reading.entries.push({ path: dotted(place.path), value: '', source: 'unset' })
    return undefined
  }
  return readTable(node.shape, given ?? {}, place, reading)
}

function isSetByVariable(place: Place, { environment, prefix }: Reading): boolean {
  const start = `${variableName(place.path, prefix)}__`
  return (
    !place.inList && [...environment.values.keys(), ...environment.problems.keys()].some(name => name.startsWith(start))
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
  const names = [name, ...node.deprecated]
  const inFile = pick(table, above.inList ? [...names, ...names.map(camelCase)] : names)
  const variables = above.inList ? [] : names.map(each => variableName([...above.path, each], reading.prefix))
  const { values, problems } = reading.environment
  const set = variables.filter(variable => values.has(variable) || problems.has(variable))
  const [variable, second] = set
  if (variable !== undefined) {
    const here = { ...place, origin: variable }
    if (second !== undefined)
      return fault(reading, here, `is set although ${second} is set, too`, 'only one of the two')
    if (variable !== variables[0]) reading.warnings.push(`${variable} is deprecated, use ${variables[0]}`)
    const problem = problems.get(variable)
    if (problem !== undefined) return fault(reading, here, problem, node.kind.expected)
    return keep(node, values.get(variable), place, variable, reading)
  }
  if (inFile !== undefined) {
    if (node.deprecated.includes(inFile.name)) {
      reading.warnings.push(`${dotted([...above.path, inFile.name])} is deprecated, use ${dotted(place.path)}`)
    }
    const written = { ...place, path: [...above.path, inFile.name] }
    try {
      const value = node.kind.fromValue(inFile.value)
      return keep(node, value, place, place.origin ?? reading.where(dotted(written.path)), reading)
    } catch (problem) {
      return fault(
        reading,
        written,
        problem instanceof Mismatch ? problem.message : 'cannot be read',
        node.kind.expected,
      )
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
    const password = typeof each === 'string' ? URL.parse(each)?.password : undefined
    if (password) reading.secrets.push(new Secret(decodeURIComponentSafely(password)))
  }
  return value
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function pick(table: Table, names: readonly string[]): { readonly name: string; readonly value: unknown } | undefined {
  const name = names.find(each => Object.hasOwn(table, each))
  return name === undefined ? undefined : { name, value: table[name] }
}

function refuseUnknownKeys(shape: Shape, table: Table, place: Place, reading: Reading): void {
  const current = Object.keys(shape)
  const earlier = Object.values(shape).flatMap(node => (node.node === 'setting' ? node.deprecated : []))
  const known = new Set([...current, ...earlier])
  if (place.inList) for (const name of [...known]) known.add(camelCase(name))
  for (const key of Object.keys(table)) {
    if (known.has(key)) continue
    const nearest = nearestName(key, current)
    const problem = `is not a setting${nearest === undefined ? '' : `, the nearest known name is ${nearest}`}`
    fault(reading, { ...place, path: [...place.path, key.slice(0, 100)] }, problem)
  }
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
