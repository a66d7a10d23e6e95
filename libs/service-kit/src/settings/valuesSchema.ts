import type { List, Node, Setting, Shape } from './declare.ts'
import type { Schema } from './schema.ts'

/** Any schema, whatever its settings are once loaded. */
type Shaped = Pick<Schema<never>, 'shape'>

/** JSON Schema of a table of settings as a file may hold them. */
export interface TableSchema {
  readonly type: 'object'
  readonly additionalProperties: false
  readonly properties: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly description?: string
}

/**
 * JSON Schema of the settings of a service, for files that tools check before the process reads them. Secrets are left
 * out: such files are no place for them. Nothing is required at the top, since other sources may give it.
 */
export function valuesSchema({ shape }: Shaped): TableSchema {
  return tableSchema(shape, false)
}

/** Dotted paths of the secrets, which {@link valuesSchema} leaves out, and of URLs, whose paths often hold a key. */
export function sensitivePaths({ shape }: Shaped): readonly string[] {
  return sensitiveIn(shape, '')
}

function tableSchema(shape: Shape, isItem: boolean): TableSchema {
  const open = Object.entries(shape).filter(([, node]) => !isSecret(node))
  const required = open.flatMap(([name, node]) => (isItem && isRequired(node) ? [name] : []))
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(open.map(([name, node]) => [name, nodeSchema(node)])),
    ...(required.length === 0 ? {} : { required }),
  }
}

function nodeSchema(node: Node): unknown {
  switch (node.node) {
    case 'setting':
      return { ...node.kind.written, description: node.describe }
    case 'group':
      return { ...tableSchema(node.shape, false), description: node.describe }
    case 'list':
      return listSchema(node)
  }
}

function listSchema({ shape, min, max, describe }: List<Shape>): unknown {
  return { type: 'array', minItems: min, maxItems: max, items: tableSchema(shape, true), description: describe }
}

function sensitiveIn(shape: Shape, above: string): readonly string[] {
  return Object.entries(shape).flatMap(([name, node]) => {
    const path = above === '' ? name : `${above}.${name}`
    if (node.node === 'group') return sensitiveIn(node.shape, path)
    if (node.node === 'list') return [path]
    return node.kind.secret || /\burls?$/.test(node.kind.name) ? [path] : []
  })
}

function isSecret(node: Node): boolean {
  return node.node === 'setting' && node.kind.secret
}

function isRequired(node: Node): node is Setting<unknown> {
  return node.node === 'setting' && node.presence === 'required'
}
