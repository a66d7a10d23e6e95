import type { Shape } from './declare.ts'
import { typeName } from './kind.ts'
import { nearestName } from './nearestName.ts'
import { isTable, type Table } from './tomlFile.ts'

/** Names that a settings file may hold besides the settings of this process. */
export interface OtherNames {
  /** Dotted paths of the settings of siblings and of earlier names: one file may serve several processes. */
  readonly paths: ReadonlySet<string>
  /** What to use instead of an earlier name, by its dotted path; undefined for one that has no effect any more. */
  readonly replacements: ReadonlyMap<string, string | undefined>
}

export const NO_OTHER_NAMES: OtherNames = { paths: new Set(), replacements: new Map() }

/** A key that nobody knows. */
export interface UnknownKey {
  readonly path: readonly string[]
  readonly problem: string
}

const LONGEST_KEY = 100

/**
 * Keys of a table that are neither declared in its shape nor known to anybody else. Tables that are declared are not
 * looked into, those of others are.
 */
export function unknownKeys(
  shape: Shape,
  table: Table,
  above: readonly string[],
  others: OtherNames,
): readonly UnknownKey[] {
  const declared = Object.keys(shape)
  return Object.entries(table).flatMap(([key, value]): readonly UnknownKey[] => {
    if (Object.hasOwn(shape, key)) return []
    const path = [...above, key]
    if (others.paths.has(path.join('.'))) return []
    const below = `${path.join('.')}.`
    if ([...others.paths].some(known => known.startsWith(below))) {
      return isTable(value)
        ? unknownKeys({}, value, path, others)
        : [{ path, problem: `is ${typeName(value)}, not a table` }]
    }
    return [{ path: [...above, key.slice(0, LONGEST_KEY)], problem: unknownProblem(key, declared, above, others) }]
  })
}

function unknownProblem(
  key: string,
  declared: readonly string[],
  above: readonly string[],
  others: OtherNames,
): string {
  const start = above.length === 0 ? '' : `${above.join('.')}.`
  const siblings = [...others.paths]
    .filter(path => path.startsWith(start))
    .map(path => path.slice(start.length).split('.')[0] ?? '')
  const nearest = nearestName(key, [...declared, ...siblings])
  return notASetting(nearest, others.replacements.get(`${start}${nearest}`))
}

/** @param replacement what to use instead when the nearest name is an earlier one */
export function notASetting(nearest: string | undefined, replacement?: string): string {
  const hint = replacement === undefined ? '' : ` (deprecated, use ${replacement})`
  return `is not a setting${nearest === undefined ? '' : `, the nearest known name is ${nearest}${hint}`}`
}
