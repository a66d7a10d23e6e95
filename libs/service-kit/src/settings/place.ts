import type { Table } from './tomlFile.ts'

/** Position in the tree. Items of lists have no variables of their own. */
export interface Place {
  readonly path: readonly string[]
  /** Where a list that came from one variable came from; undefined in the file. */
  readonly origin?: string
  readonly inList: boolean
}

export const ROOT: Place = { path: [], inList: false }

export const dotted = (path: readonly string[]) => path.join('.').replaceAll('.[', '[')
export const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The first of several spellings that a table has. */
export function pick(
  table: Table,
  names: readonly string[],
): { readonly name: string; readonly value: unknown } | undefined {
  const name = names.find(each => Object.hasOwn(table, each))
  return name === undefined ? undefined : { name, value: table[name] }
}
