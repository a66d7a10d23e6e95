import { readHexBytes } from './hex.ts'
import { keccak256 } from './keccak.ts'
import type { TypedData } from './typedData.ts'

type Types = TypedData['types']

/** Writes the 32 bytes that stand for a value. */
type Encode = (value: unknown, out: Buffer, at: number) => void

/** A struct of EIP-712, ready to be hashed. */
export interface StructType {
  readonly typeHash: Uint8Array
  readonly fields: readonly { readonly name: string; readonly encode: Encode }[]
}

/**
 * @param types all structs by their names
 * @throws TypeError for a type that EIP-712 does not know
 */
export function compileStruct(types: Types, name: string): StructType {
  const fields = fieldsOf(types, name).map(field => ({ name: field.name, encode: encoderOf(types, field.type) }))
  return { typeHash: hashText(typeText(types, name)), fields }
}

/** @throws TypeError when the value does not fit the type */
export function hashStruct({ typeHash, fields }: StructType, value: unknown): Uint8Array {
  if (typeof value !== 'object' || value === null) throw new TypeError('a struct is no object')
  const out = Buffer.allocUnsafe(32 * (fields.length + 1))
  out.set(typeHash)
  let at = 32
  for (const { name, encode } of fields) {
    encode(Reflect.get(value, name), out, at)
    at += 32
  }
  return keccak256(out)
}

/** The type itself, then the structs it refers to in the order of their names, each as `Name(type name,...)`. */
function typeText(types: Types, name: string): string {
  const found = new Set<string>()
  collect(types, name, found)
  found.delete(name)
  return [name, ...[...found].sort()]
    .map(
      each =>
        `${each}(${fieldsOf(types, each)
          .map(field => `${field.type} ${field.name}`)
          .join(',')})`,
    )
    .join('')
}

function collect(types: Types, name: string, found: Set<string>): void {
  if (found.has(name) || !Object.hasOwn(types, name)) return
  found.add(name)
  for (const { type } of fieldsOf(types, name)) collect(types, type.replace(/(?:\[\d*\])+$/, ''), found)
}

function fieldsOf(types: Types, name: string) {
  const fields = Object.hasOwn(types, name) ? types[name] : undefined
  if (!fields) throw new TypeError(`"${name}" is no type of EIP-712`)
  return fields
}

function encoderOf(types: Types, type: string): Encode {
  const [, element, size] = /^(.*)\[(\d*)\]$/.exec(type) ?? []
  if (element !== undefined) return arrayEncoder(encoderOf(types, element), size ? Number(size) : undefined, type)
  if (type === 'bytes') return (value, out, at) => out.set(keccak256(bytesOfHex(value, type)), at)
  if (type === 'string') return (value, out, at) => out.set(hashText(value), at)
  if (type === 'bool') return boolEncoder
  if (type === 'address') return addressEncoder
  const [, kind, digits] = /^(u?int|bytes)([1-9]\d{0,2})$/.exec(type) ?? []
  const number = Number(digits)
  if (kind === 'bytes' && number <= 32) return fixedBytesEncoder(number, type)
  if (kind !== undefined && kind !== 'bytes' && number <= 256 && number % 8 === 0)
    return integerEncoder(number, kind === 'int', type)
  return structEncoder(types, type)
}

/** Compiled when it is needed: a struct may refer to itself. */
function structEncoder(types: Types, name: string): Encode {
  fieldsOf(types, name)
  let struct: StructType | undefined
  return (value, out, at) => {
    struct ??= compileStruct(types, name)
    out.set(hashStruct(struct, value), at)
  }
}

function arrayEncoder(encode: Encode, size: number | undefined, type: string): Encode {
  return (value, out, at) => {
    if (!Array.isArray(value) || (size !== undefined && value.length !== size)) throw misfit(type)
    const words = Buffer.allocUnsafe(32 * value.length)
    for (let i = 0; i < value.length; i++) encode(value[i], words, 32 * i)
    out.set(keccak256(words), at)
  }
}

const boolEncoder: Encode = (value, out, at) => {
  if (typeof value !== 'boolean') throw misfit('bool')
  out.fill(0, at, at + 32)
  if (value) out[at + 31] = 1
}

const addressEncoder: Encode = (value, out, at) => {
  const bytes = bytesOfHex(value, 'address')
  if (bytes.length !== 20) throw misfit('address')
  out.fill(0, at, at + 12)
  out.set(bytes, at + 12)
}

function fixedBytesEncoder(size: number, type: string): Encode {
  return (value, out, at) => {
    const bytes = bytesOfHex(value, type)
    if (bytes.length !== size) throw misfit(type)
    out.set(bytes, at)
    out.fill(0, at + size, at + 32)
  }
}

function integerEncoder(bits: number, signed: boolean, type: string): Encode {
  return (value, out, at) => {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw misfit(type)
    const number = BigInt(value as bigint | number) // CAST: just checked
    const kept = signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)
    if (kept !== number) throw misfit(type)
    out.write(BigInt.asUintN(256, number).toString(16).padStart(64, '0'), at, 'hex')
  }
}

function hashText(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw misfit('string')
  return keccak256(Buffer.from(value))
}

function bytesOfHex(value: unknown, type: string): Uint8Array {
  const bytes = readHexBytes(value)
  if (!bytes) throw misfit(type)
  return bytes
}

function misfit(type: string): TypeError {
  return new TypeError(`a value is no ${type}`)
}
