import type { List, Loaded, Setting, Shape } from './declare.ts'

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
}

/** What one environment variable can set. */
export interface Leaf {
  readonly path: readonly string[]
  readonly node: Setting<unknown> | List<Shape>
  /** Names of variables: the current one first, then deprecated ones. */
  readonly variables: readonly string[]
}

export const ENV_PREFIX = 'KMS_CONNECTOR_'
const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/

/**
 * Declares all settings of a process, once: types, defaults, variable names, checks, examples and documentation all
 * follow from it.
 *
 * @throws Error for a name that is not snake_case: it could not be told apart in the environment
 */
export function defineSettings<const S extends Shape>(
  shape: S,
  rules: readonly Rule<Loaded<S>>[] = [],
): Schema<Loaded<S>> {
  checkNames(shape)
  return { shape, rules }
}

function checkNames(shape: Shape): void {
  for (const [name, node] of Object.entries(shape)) {
    const names = node.node === 'setting' ? [name, ...node.deprecated] : [name]
    for (const each of names) if (!NAME.test(each)) throw new Error(`"${each}" is not snake_case`)
    if (node.node !== 'setting') checkNames(node.shape)
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
    const earlier = node.node === 'setting' ? node.deprecated : []
    const variables = [path, ...earlier.map(old => [...above, old])].map(each => variableName(each, prefix))
    return [{ path, node, variables }]
  })
}

/** Names of all variables a schema knows, for the `alsoKnown` of its siblings. */
export function variablesOf<V>(schema: Schema<V>, prefix: string = ENV_PREFIX): readonly string[] {
  return leavesOf(schema.shape, prefix).flatMap(leaf => leaf.variables)
}
