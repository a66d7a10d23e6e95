import type { Setting } from './declare.ts'
import { Mismatch } from './kind.ts'
import { currentText, type LegacyValue } from './legacy.ts'
import { camelCase, dotted, type Place, pick } from './place.ts'
import type { Reading } from './reading.ts'
import { variableName } from './schema.ts'
import type { Table } from './tomlFile.ts'

/** One place where a setting is given. */
export interface Candidate {
  readonly label: string
  readonly source: string
  /** Where a fault of it is reported. */
  readonly place: Place
  readonly expected: string
  readonly legacy?: LegacyValue
  /** @throws Mismatch */
  readonly read: () => unknown
}

/** All places where a setting is given, the one that counts first: environment before file, current before earlier names. */
export function candidates(
  name: string,
  node: Setting<unknown>,
  table: Table,
  above: Place,
  reading: Reading,
): readonly Candidate[] {
  if (above.inList) return fromFile([name, camelCase(name)], node, table, above, reading)
  const place = { ...above, path: [...above.path, name] }
  const earlier = reading.legacy.get(dotted(place.path)) ?? []
  const fromEarlier = (of: (value: LegacyValue) => boolean) =>
    earlier.filter(of).map(value => earlierCandidate(value, node, place, reading))
  return [
    ...fromVariable(node, place, reading),
    ...fromEarlier(({ variable }) => variable !== undefined),
    ...fromFile([name], node, table, above, reading),
    ...fromEarlier(({ variable }) => variable === undefined),
  ]
}

function fromFile(
  names: readonly string[],
  { kind }: Setting<unknown>,
  table: Table,
  above: Place,
  { where }: Reading,
): readonly Candidate[] {
  const found = pick(table, names)
  if (found === undefined) return []
  const place = { ...above, path: [...above.path, found.name] }
  const label = dotted(place.path)
  const read = () => kind.fromValue(found.value)
  return [{ label, source: place.origin ?? where(label), place, expected: kind.expected, read }]
}

function fromVariable(
  { kind }: Setting<unknown>,
  place: Place,
  { environment, prefix }: Reading,
): readonly Candidate[] {
  const variable = variableName(place.path, prefix)
  const problem = environment.problems.get(variable)
  if (problem === undefined && !environment.values.has(variable)) return []
  const read = () => {
    if (problem !== undefined) throw new Mismatch(problem)
    return environment.values.get(variable)
  }
  return [{ label: variable, source: variable, place: { ...place, origin: variable }, expected: kind.expected, read }]
}

function earlierCandidate(legacy: LegacyValue, node: Setting<unknown>, place: Place, { where }: Reading): Candidate {
  const { label, variable, alias } = legacy
  return {
    label,
    source: variable === undefined ? `${where(label)} (${label}, deprecated)` : `${label} (deprecated)`,
    place: variable === undefined ? { path: label.split('.'), inList: false } : { ...place, origin: variable },
    expected: alias.conversion?.expected ?? node.kind.expected,
    legacy,
    read: () => node.kind.fromText(currentText(legacy)),
  }
}

/**
 * What to tell about earlier names that are in use.
 * @param used the candidate that counts; the others have no effect
 */
export function earlierNameWarnings(
  used: Candidate | undefined,
  others: readonly Candidate[],
  place: Place,
  prefix: string,
): readonly string[] {
  const current = ({ variable }: LegacyValue) =>
    variable === undefined ? dotted(place.path) : variableName(place.path, prefix)
  return [
    ...(used?.legacy === undefined
      ? []
      : [`${used.label} is deprecated, use ${current(used.legacy)}${noteOf(used.legacy)}`]),
    ...others.flatMap(({ label, legacy }) =>
      legacy === undefined
        ? []
        : [`${label} is deprecated and has no effect, because ${used?.label} is set; use ${current(legacy)}`],
    ),
  ]
}

const noteOf = ({ alias }: LegacyValue) => (alias.note === undefined ? '' : `: ${alias.note}`)
