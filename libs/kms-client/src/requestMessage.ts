import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { ConnectorError } from '@kms-connector/protocol'

/**
 * Makes the protobuf message of a request whose shape the compiler cannot see.
 *
 * `create` ignores keys it does not know, so a misspelt field would silently travel as its default; here it is a fault.
 * @throws ConnectorError INTERNAL naming the unknown field
 */
export function requestMessage<D extends DescMessage>(
  schema: D,
  request: Readonly<Record<string, unknown>>,
): MessageShape<D> {
  expectFields(schema, request, schema.name)
  // CAST: keys are checked above; values of a wrong type make the serialisation of the message fail with their name.
  return create(schema, request as MessageInitShape<D>)
}

function expectFields(schema: DescMessage, value: object, path: string): void {
  for (const [key, entry] of Object.entries(value)) {
    if (key === '$typeName' || key === '$unknown') continue
    const field = schema.field[key]
    if (!field) throw new ConnectorError('INTERNAL', `${path} has no field ${key}`)
    if (field.fieldKind === 'message') expectObject(field.message, entry, `${path}.${key}`)
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of list(entry, `${path}.${key}`)) expectObject(field.message, item, `${path}.${key}[]`)
    }
  }
}

function expectObject(schema: DescMessage, value: unknown, path: string): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) throw new ConnectorError('INTERNAL', `${path} is no message`)
  expectFields(schema, value, path)
}

function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ConnectorError('INTERNAL', `${path} is no list`)
  return value
}
