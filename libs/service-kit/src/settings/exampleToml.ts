import type { Group, List, Node, Setting, Shape } from './declare.ts'
import { ENV_PREFIX, type Schema, variableName } from './schema.ts'

const WIDTH = 110

/**
 * Writes an example settings file in which every setting appears with its meaning, what is expected, its default and
 * its variable. Whatever need not be given is commented out, so that the file is a valid starting point.
 */
export function renderExampleToml<V>(schema: Schema<V>, title: string, prefix: string = ENV_PREFIX): string {
  const head = [
    ...comment(title),
    ...comment(
      `A variable in the environment overrides the value here. Settings that are commented out show their default or an example.`,
    ),
  ]
  return `${[...head, ...renderShape(schema.shape, [], prefix, { active: true })].join('\n')}\n`
}

interface Style {
  /** False below something that is commented out as a whole. */
  readonly active: boolean
  /** The variable of the list around, when in one. */
  readonly variable?: string
}

function renderShape(shape: Shape, above: readonly string[], prefix: string, style: Style): readonly string[] {
  const nodes = Object.entries(shape)
  // In TOML every key after a table header belongs to that table: plain settings come first.
  const settings = nodes.flatMap(([name, node]) =>
    node.node === 'setting'
      ? renderSetting(name, node, style.variable ?? variableName([...above, name], prefix), style)
      : [],
  )
  const tables = nodes.flatMap(([name, node]) =>
    node.node === 'setting' ? [] : renderTable(node, [...above, name], prefix, style),
  )
  return [...settings, ...tables]
}

function renderSetting(name: string, node: Setting<unknown>, variable: string, style: Style): readonly string[] {
  const { kind, presence, fallback, example } = node
  const given =
    fallback === undefined
      ? presence === 'required'
        ? 'Required.'
        : 'Optional.'
      : `Default: ${literal(fallback.written)}.`
  const secret = kind.secret ? ' Secret: better set by the variable than written here.' : ''
  const line = `${name} = ${literal(example)}`
  const active = style.active && presence === 'required' && !kind.secret
  return [
    '',
    ...comment(node.describe),
    ...comment(`Expected: ${kind.expected}. ${given}${secret}`),
    ...(style.variable === undefined ? comment(`Variable: ${variable}`) : []),
    active ? line : `# ${line}`,
  ]
}

function renderTable(
  node: Exclude<Node, Setting<unknown>>,
  path: readonly string[],
  prefix: string,
  style: Style,
): readonly string[] {
  const isList = node.node === 'list'
  const active = style.active && isNeeded(node)
  const header = isList ? `[[${path.join('.')}]]` : `[${path.join('.')}]`
  const variable = style.variable ?? (isList ? variableName(path, prefix) : undefined)
  const about = isList ? [`${node.min} to ${node.max} items. Variable: ${variable}, a JSON array of objects.`] : []
  return [
    '',
    ...comment(node.describe),
    ...about.flatMap(comment),
    active ? header : `# ${header}`,
    ...renderShape(node.shape, path, prefix, { active, ...(variable === undefined ? {} : { variable }) }),
  ]
}

const isNeeded = (node: Group<Shape, boolean> | List<Shape>): boolean =>
  node.node === 'group' ? !node.optional : node.min > 0

/** TOML strings, numbers, booleans and arrays of strings are written as JSON writes them. */
const literal = (written: unknown): string => JSON.stringify(written)

function comment(text: string): readonly string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length + 1 > WIDTH && line !== '#') {
      lines.push(line)
      line = '#'
    }
    line = `${line} ${word}`
  }
  return [...lines, line]
}
