// Checks answers of the server against openapi.json, for tests: every field that is answered must be described.
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const DOCUMENT = 'status'
const openapi = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'))
// Times carry a pattern as well as a format, so no table of formats is needed.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema(openapi, DOCUMENT)
const compiled = new Map<string, ValidateFunction>()

/**
 * @param schema name of a schema of the description
 * @returns what does not fit, empty when the value is as described
 */
export function faultsOf(schema: string, value: unknown): readonly string[] {
  const validate = compiled.get(schema) ?? ajv.compile({ $ref: `${DOCUMENT}#/components/schemas/${schema}` })
  compiled.set(schema, validate)
  if (validate(value)) return []
  return (validate.errors ?? []).map(e => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`)
}

/** @returns name of the schema that the description promises for an answer, undefined when it has none */
export function describedSchema(path: string, status: number): string | undefined {
  const response = openapi.paths[path]?.get.responses[String(status)]
  const resolved = response?.$ref ? openapi.components.responses[response.$ref.split('/').at(-1)] : response
  if (!resolved) throw new Error(`the description has no answer ${status} for ${path}`)
  return resolved.content?.['application/json']?.schema.$ref?.split('/').at(-1)
}
