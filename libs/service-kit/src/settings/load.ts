import { ConnectorError } from '@kms-connector/protocol'
import type { Secret } from '../secret.ts'
import { type Environment, readEnvironment, unknownVariables } from './environment.ts'
import { type Reading, ROOT, readTable, type SettingEntry, type SettingFault } from './reading.ts'
import { ENV_PREFIX, leavesOf, type Schema } from './schema.ts'
import { readTomlFile, type Table } from './tomlFile.ts'

export interface LoadOptions {
  /** TOML file; its values are overridden by the environment. */
  readonly file?: string | undefined
  readonly env: Environment
  /** `KMS_CONNECTOR_` when left out. */
  readonly prefix?: string
  /** Variables of sibling processes, which share the prefix and often the environment. */
  readonly alsoKnown?: readonly string[]
}

/** Settings together with where each came from. */
export interface LoadedSettings<V> {
  readonly values: V
  readonly entries: readonly SettingEntry[]
  /** Deprecated names in use, to be logged. */
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
  const { file, env, prefix = ENV_PREFIX, alsoKnown = [] } = options
  const leaves = leavesOf(schema.shape, prefix)
  const toml = file === undefined ? { table: {}, where: () => 'settings' } : readTomlFile(file)
  const readable = 'table' in toml
  const reading: Reading = {
    environment: readEnvironment(leaves, env),
    prefix,
    where: readable ? toml.where : () => toml.where,
    complete: readable,
    faults: readable ? [] : [{ path: 'settings file', where: toml.where, problem: toml.problem }],
    entries: [],
    warnings: [],
    secrets: [],
  }
  const table: Table = readTable(schema.shape, readable ? toml.table : {}, ROOT, reading)
  const known = [...leaves.flatMap(leaf => leaf.variables), ...alsoKnown]
  for (const { name, nearest } of unknownVariables(env, prefix, known)) {
    const problem = `is not a setting${nearest === undefined ? '' : `, the nearest known name is ${nearest}`}`
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
