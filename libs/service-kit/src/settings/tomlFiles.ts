import { isTable, readTomlFile, type Table, type TomlFault, type TomlFile } from './tomlFile.ts'

/**
 * Reads several settings files as one: what a later file says overrides the files before it, table by table.
 * @param files paths; none is an empty file
 * @returns the fault of the first file that cannot be used
 */
export function readTomlFiles(files: readonly string[]): TomlFile | TomlFault {
  const read: TomlFile[] = []
  for (const file of files) {
    const toml = readTomlFile(file)
    if (!('table' in toml)) return toml
    read.push(toml)
  }
  const where = (path: string) => (read.findLast(({ table }) => holds(table, path)) ?? read.at(-1))?.where(path)
  return {
    table: read.reduce<Table>((merged, { table }) => mergeTables(merged, table), {}),
    where: path => where(path) ?? 'settings',
  }
}

function mergeTables(below: Table, above: Table): Table {
  const merged: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    const other = Object.hasOwn(merged, name) ? merged[name] : undefined
    merged[name] = isTable(other) && isTable(value) ? mergeTables(other, value) : value
  }
  return merged
}

/** @param path dotted, with `[0]` for items of a list, which no two files share */
function holds(table: Table, path: string): boolean {
  let at: unknown = table
  for (const name of path.replace(/\.?\[.*$/, '').split('.')) {
    if (!isTable(at) || !Object.hasOwn(at, name)) return false
    at = at[name]
  }
  return true
}
