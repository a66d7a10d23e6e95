import { ConnectorError } from '@kms-connector/protocol'
import type { Secret } from '../secret.ts'
import { type Environment, readEnvironment, unknownVariables } from './environment.ts'
import { type LegacyName, legacyVariable, readLegacy } from './legacy.ts'
import { ROOT } from './place.ts'
import { type Reading, readTable, type SettingEntry, type SettingFault } from './reading.ts'
import { ENV_PREFIX, leavesOf, pathsOf, type Schema, variableName } from './schema.ts'
import type { Table } from './tomlFile.ts'
import { readTomlFiles } from './tomlFiles.ts'
import { notASetting, type OtherNames } from './unknownKeys.ts'

export interface LoadOptions {
  /** TOML file; its values are overridden by the environment. */
  readonly file?: string | undefined
  /** More of them, for what reads the settings of several services at once: a later one overrides those before it. */
  readonly files?: readonly string[]
  readonly env: Environment
  /** `KMS_CONNECTOR_` when left out. */
  readonly prefix?: string
  /** Variables of sibling processes, which share the prefix and often the environment or the file. */
  readonly alsoKnown?: readonly string[]
}

/** Settings together with where each came from. */
export interface LoadedSettings<V> {
  readonly values: V
  readonly entries: readonly SettingEntry[]
  /** Earlier names in use, and what has no effect, to be logged. */
  readonly warnings: readonly string[]
  /** Every secret text, for the redaction of logs. */
  readonly secrets: readonly Secret[]
}

/**
 * Loads the settings: defaults < TOML file < environment.
 *
 * @throws ConnectorError SETTINGS_INVALID whose message lists every fault at once: missing and wrong values, unknown
 * keys and variables with the nearest known name, broken rules. Values of secrets and URLs never appear in it.
 */
export function loadSettings<V>(schema: Schema<V>, options: LoadOptions): LoadedSettings<V> {
  const { file, files = [], env, prefix = ENV_PREFIX, alsoKnown = [] } = options
  const leaves = leavesOf(schema.shape, prefix)
  const toml = readTomlFiles([...(file === undefined ? [] : [file]), ...files])
  const readable = 'table' in toml
  const declared = new Set(pathsOf(schema.shape))
  const others = otherNames(schema.legacy, declared, alsoKnown, prefix)
  const given = readable ? toml.table : {}
  const legacy = readLegacy(schema.legacy, declared, prefix, env, given)
  const reading: Reading = {
    environment: readEnvironment(leaves, env),
    prefix,
    legacy: legacy.values,
    others,
    where: readable ? toml.where : () => toml.where,
    complete: readable,
    faults: readable ? [] : [{ path: 'settings file', where: toml.where, problem: toml.problem }],
    entries: [],
    warnings: [...legacy.warnings],
    secrets: [],
  }
  const table: Table = readTable(schema.shape, given, ROOT, reading)
  const earlier = new Map(schema.legacy.map(name => [legacyVariable(name, prefix), name.path]))
  const known = [...leaves.map(leaf => leaf.variable), ...earlier.keys(), ...alsoKnown]
  for (const { name, nearest } of unknownVariables(env, prefix, known)) {
    const current = others.replacements.get(earlier.get(nearest ?? '') ?? '')
    const problem = notASetting(nearest, current && variableName(current.split('.'), prefix))
    reading.faults.push({ path: name, where: 'environment', problem })
  }
  if (reading.faults.length > 0) throw settingsInvalid(reading.faults)
  const values = table as V // CAST: read along the shape without a fault, so every value has the type of its kind
  const broken = schema.rules.flatMap(({ path, check }): readonly SettingFault[] => {
    const problem = check(values)
    const where = reading.entries.find(entry => entry.path === path)?.source ?? 'settings'
    return problem === undefined ? [] : [{ path, where, problem }]
  })
  if (broken.length > 0) throw settingsInvalid(broken)
  const { entries, warnings, secrets } = reading
  return { values, entries, warnings, secrets }
}

/** The setting that took over, preferably one that this process has. */
function replacement(name: LegacyName, declared: ReadonlySet<string>): string | undefined {
  return 'why' in name ? undefined : (name.now.find(path => declared.has(path)) ?? name.now[0])
}

function otherNames(
  legacy: readonly LegacyName[],
  declared: ReadonlySet<string>,
  alsoKnown: readonly string[],
  prefix: string,
): OtherNames {
  const ofSiblings = alsoKnown.map(variable => variable.slice(prefix.length).toLowerCase().replaceAll('__', '.'))
  return {
    paths: new Set([...legacy.map(({ path }) => path), ...ofSiblings]),
    replacements: new Map(legacy.map(name => [name.path, replacement(name, declared)])),
  }
}

/** More faults than this are counted, not listed. */
const LISTED = 100

function settingsInvalid(faults: readonly SettingFault[]): ConnectorError {
  const lines = faults.slice(0, LISTED).map(({ path, where, problem, expected }) => {
    return `  ${path} (${where}): ${problem}${expected === undefined ? '' : `; expected ${expected}`}`
  })
  if (faults.length > LISTED) lines.push(`  and ${faults.length - LISTED} more`)
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return new ConnectorError('SETTINGS_INVALID', `${count}\n${lines.join('\n')}`, { faults: faults.length })
}
