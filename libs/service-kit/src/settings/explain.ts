import type { SettingDescription } from './describe.ts'
import type { LoadedSettings } from './load.ts'
import type { SettingEntry } from './reading.ts'

/** Every setting with its value as it may be shown, and where the value came from. Secrets are redacted. */
export function explain<V>(loaded: LoadedSettings<V>): readonly SettingEntry[] {
  return loaded.entries
}

/** The same as an aligned text table. */
export function renderExplanation(entries: readonly SettingEntry[]): string {
  const rows = [
    { path: 'SETTING', value: 'VALUE', source: 'SOURCE' },
    ...entries.map(entry => ({ ...entry, value: entry.value === '' ? '-' : entry.value })),
  ]
  const width = (column: 'path' | 'value') => Math.max(...rows.map(row => row[column].length))
  const [path, value] = [width('path'), Math.min(width('value'), 60)]
  return rows.map(row => `${row.path.padEnd(path)}  ${row.value.padEnd(value)}  ${row.source}`).join('\n')
}

/** The same with what each setting means and how it is set, a paragraph each. */
export function renderInFull(entries: readonly SettingEntry[], descriptions: readonly SettingDescription[]): string {
  const byPath = new Map(descriptions.map(description => [description.path, description]))
  return entries
    .map(({ path, value, source }) => {
      const about = byPath.get(path.replaceAll(/\[\d+\]/g, '[]'))
      const lines = [
        `${path} = ${value === '' ? '-' : value}`,
        `from: ${source}`,
        ...(about === undefined ? [] : [about.describe, `expected: ${about.expected}`, `variable: ${about.variable}`]),
      ]
      return lines.join('\n  ')
    })
    .join('\n\n')
}
