import type { List, Setting, Shape } from './declare.ts'
import type { WrittenValue } from './kind.ts'
import { ENV_PREFIX, type Schema, variableName } from './schema.ts'

/** Everything the documentation says about one setting. */
export interface SettingDescription {
  /** Dotted path in TOML; items of lists as `name[]`. */
  readonly path: string
  /** Variable; that of the whole list for items of lists, which are given as JSON. */
  readonly variable: string
  readonly kind: string
  readonly expected: string
  readonly describe: string
  readonly presence: 'required' | 'default' | 'optional'
  readonly default?: WrittenValue
  readonly secret: boolean
}

/** The settings as data, in the order of declaration, for generated documentation. */
export function describeSettings<V>(schema: Schema<V>, prefix: string = ENV_PREFIX): readonly SettingDescription[] {
  return describeShape(schema.shape, '', path => variableName(path, prefix), [])
}

function describeShape(
  shape: Shape,
  above: string,
  variable: (path: readonly string[]) => string,
  names: readonly string[],
): readonly SettingDescription[] {
  return Object.entries(shape).flatMap(([name, node]): readonly SettingDescription[] => {
    const path = above === '' ? name : `${above}.${name}`
    const below = [...names, name]
    if (node.node === 'setting') return [describeSetting(node, path, variable(below))]
    if (node.node === 'group') return describeShape(node.shape, path, variable, below)
    const whole = variable(below)
    return [describeList(node, path, whole), ...describeShape(node.shape, `${path}[]`, () => whole, below)]
  })
}

function describeSetting(node: Setting<unknown>, path: string, variable: string): SettingDescription {
  const { describe, presence, kind, fallback } = node
  const about = {
    path,
    variable,
    kind: kind.name,
    expected: kind.expected,
    describe,
    presence,
    secret: kind.secret,
  }
  return fallback === undefined ? about : { ...about, default: fallback.written }
}

function describeList({ describe, min, max }: List<Shape>, path: string, variable: string): SettingDescription {
  const expected = `${min} to ${max} tables (a JSON array of objects in the environment)`
  const presence = min > 0 ? 'required' : 'optional'
  return { path, variable, kind: 'list of tables', expected, describe, presence, secret: false }
}
