import type { List, Loaded, Setting, Shape } from './declare.ts'
import type { LegacyName } from './legacy.ts'

/** A rule between settings, checked when each of them is fine by itself. */
export interface Rule<V> {
  /** The setting a fault is reported at. */
  readonly path: string
  /** What is wrong, or undefined. Must not repeat secrets. */
  readonly check: (settings: V) => string | undefined
}

/** All settings of a process; `V` is what they are once loaded. */
export interface Schema<V> {
  readonly shape: Shape
  readonly rules: readonly Rule<V>[]
  /** Earlier names of settings, of this process and of its siblings. */
  readonly legacy: readonly LegacyName[]
}

/** What one environment variable can set. */
export interface Leaf {
  readonly path: readonly string[]
  readonly node: Setting<unknown> | List<Shape>
  readonly variable: string
}

export const ENV_PREFIX = 'KMS_CONNECTOR_'
const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/

/**
 * Declares all settings of a process, once: types, defaults, variable names, checks, examples and documentation all
 * follow from it.
 *
 * @throws Error for a name that is not snake_case: it could not be told apart in the environment; for an earlier name that
 * is a setting, too
 */
export function defineSettings<const S extends Shape>(
  shape: S,
  rules: readonly Rule<Loaded<S>>[] = [],
  legacy: readonly LegacyName[] = [],
): Schema<Loaded<S>> {
  checkNames(Object.keys(shape), shape)
  const declared = new Set(pathsOf(shape))
  for (const { path } of legacy) {
    checkNames(path.split('.'), {})
    if (declared.has(path)) throw new Error(`"${path}" is a setting and an earlier name`)
  }
  return { shape, rules, legacy }
}

function checkNames(names: readonly string[], shape: Shape): void {
  for (const name of names) if (!NAME.test(name)) throw new Error(`"${name}" is not snake_case`)
  for (const node of Object.values(shape)) {
    if (node.node !== 'setting') checkNames(Object.keys(node.shape), node.shape)
  }
}

/** The variable that sets a path: `['a', 'b_c']` is `KMS_CONNECTOR_A__B_C`. */
export function variableName(path: readonly string[], prefix: string): string {
  return prefix + path.map(name => name.toUpperCase()).join('__')
}

/** Everything below a shape that an environment variable can set, in the order of declaration. */
export function leavesOf(shape: Shape, prefix: string, above: readonly string[] = []): readonly Leaf[] {
  return Object.entries(shape).flatMap(([name, node]): readonly Leaf[] => {
    const path = [...above, name]
    if (node.node === 'group') return leavesOf(node.shape, prefix, path)
    return [{ path, node, variable: variableName(path, prefix) }]
  })
}

/** Dotted paths of everything below a shape that a variable can set. */
export function pathsOf(shape: Shape): readonly string[] {
  return leavesOf(shape, '').map(leaf => leaf.path.join('.'))
}

/** Names of all variables a schema knows, earlier ones included, for the `alsoKnown` of its siblings. */
export function variablesOf<V>(schema: Schema<V>, prefix: string = ENV_PREFIX): readonly string[] {
  const earlier = schema.legacy.map(({ path }) => variableName(path.split('.'), prefix))
  return [...leavesOf(schema.shape, prefix).map(leaf => leaf.variable), ...earlier]
}
