import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FeatureSet_FieldPresence as Presence } from '@bufbuild/protobuf/wkt'

/** Bytes from which on a field is sent from where it lies. */
const LARGE = 16_384

/** A message in pieces: together they are its encoding. */
export interface Gathered {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
}

/** The list of a request that holds its payload, and the field of an element in which the bytes are. */
interface PayloadFields {
  readonly list: DescField & { readonly fieldKind: 'list'; readonly listKind: 'message' }
  readonly bytes: DescField
}

type Fields = Message & Record<string, unknown>

const bySchema = new WeakMap<DescMessage, PayloadFields | undefined>()

/**
 * Encodes a message like `toBinary`, to the same bytes, but leaves large payloads where they are. The writer of the library
 * doubles its memory as it grows, moves what is nested, and copies the whole at the end: a request of 64 MB took 190 MB more.
 * @throws what `toBinary` throws
 */
export function gatheredMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Gathered {
  const payload = payloadOf(schema)
  const fields = message as Fields // CAST: fields are looked up by the names that the schema gives them
  const elements = payload && (fields[payload.list.localName] as readonly Fields[]) // CAST: a list in the schema
  if (!payload || !elements?.some(element => isLarge(element[payload.bytes.localName]))) {
    const whole = toBinary(schema, message)
    return { pieces: [whole], bytes: whole.length }
  }
  const pieces = [
    part(schema, fields, field => field.number < payload.list.number),
    ...elements.flatMap(element => elementOf(payload, element)),
    part(schema, fields, field => field.number > payload.list.number),
  ].filter(({ length }) => length > 0)
  return { pieces, bytes: pieces.reduce((sum, { length }) => sum + length, 0) }
}

function isLarge(content: unknown): boolean {
  return content instanceof Uint8Array && content.length >= LARGE
}

/** One element of the list: what precedes its bytes, the bytes themselves, what follows them. */
function elementOf({ list, bytes }: PayloadFields, element: Fields): Uint8Array[] {
  const content = element[bytes.localName]
  if (!(content instanceof Uint8Array)) throw new TypeError(`${bytes.name} is no bytes`)
  const before = part(list.message, element, field => field.number < bytes.number)
  const after = part(list.message, element, field => field.number > bytes.number)
  const head = new BinaryWriter()
  if (content.length > 0) head.tag(bytes.number, WireType.LengthDelimited).uint32(content.length)
  const inner = head.finish()
  const outer = new BinaryWriter()
  const length = before.length + inner.length + content.length + after.length
  outer.tag(list.number, WireType.LengthDelimited).uint32(length).raw(before).raw(inner)
  return [outer.finish(), content, after]
}

/** The encoding of some of the fields. */
function part(schema: DescMessage, message: Fields, isWanted: (field: DescField) => boolean): Uint8Array {
  const some = create(schema) as Fields // CAST: fields are looked up by the names that the schema gives them
  for (const field of schema.fields) {
    const value = message[field.localName]
    if (isWanted(field) && value !== undefined) some[field.localName] = value
  }
  return toBinary(schema, some)
}

/** Finds the only list of messages with bytes in them; messages with oneofs are left to the library. */
function payloadOf(schema: DescMessage): PayloadFields | undefined {
  if (bySchema.has(schema)) return bySchema.get(schema)
  const found = schema.oneofs.length > 0 ? [] : schema.fields.flatMap(payloadFieldsOf)
  const payload = found.length === 1 ? found[0] : undefined
  bySchema.set(schema, payload)
  return payload
}

function payloadFieldsOf(field: DescField): PayloadFields[] {
  if (field.fieldKind !== 'list' || field.listKind !== 'message' || field.message.oneofs.length > 0) return []
  const bytes = field.message.fields.find(isPlainBytes)
  return bytes ? [{ list: field, bytes }] : []
}

function isPlainBytes(field: DescField): boolean {
  return field.fieldKind === 'scalar' && field.scalar === ScalarType.BYTES && field.presence === Presence.IMPLICIT
}
