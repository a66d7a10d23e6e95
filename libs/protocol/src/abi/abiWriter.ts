import type { AbiParameter } from 'viem'
import type { Hex } from '../hex.ts'

/** How values of one type are written, as hex digits without 0x. */
export interface AbiWriter {
  readonly write: (value: unknown) => string
  /** The value stands behind the heads, and its head is the offset to it. */
  readonly isDynamic: boolean
  /** Bytes of the head. */
  readonly size: number
}

/** @throws TypeError for a type that the ABI does not know */
export function writerOf(parameter: AbiParameter): AbiWriter {
  const { type } = parameter
  const [, element, count] = /^(.*)\[(\d*)\]$/.exec(type) ?? []
  if (element !== undefined)
    return array(writerOf({ ...parameter, type: element }), count ? Number(count) : undefined, type)
  if (type === 'tuple' && 'components' in parameter) return tuple(parameter.components)
  if (type === 'bytes') return dynamic(value => lengthPrefixed(digitsOf(value, type)))
  if (type === 'string') return dynamic(value => lengthPrefixed(Buffer.from(textOf(value)).toString('hex')))
  if (type === 'address') return word(value => sized(value, 20, type).toLowerCase().padStart(64, '0'))
  if (type === 'bool') return word(value => integer(value === true ? 1 : value === false ? 0 : value, 1, false, type))
  const [, kind, digits] = /^(u?int|bytes)(\d*)$/.exec(type) ?? []
  const width = Number(digits || 256)
  if (kind === 'bytes' && width >= 1 && width <= 32) return word(value => sized(value, width, type).padEnd(64, '0'))
  if ((kind === 'uint' || kind === 'int') && width <= 256)
    return word(value => integer(value, width, kind === 'int', type))
  throw new TypeError(`"${type}" is no type of the ABI`)
}

/** Values one after the other: first their heads, then what is dynamic of them. */
export function writeSequence(writers: readonly AbiWriter[], values: readonly unknown[]): string {
  let [heads, tails] = ['', '']
  let at = writers.reduce((sum, { size }) => sum + size, 0)
  for (const [i, { write, isDynamic }] of writers.entries()) {
    const written = write(values[i])
    if (isDynamic) {
      heads += at.toString(16).padStart(64, '0')
      tails += written
      at += written.length / 2
    } else heads += written
  }
  return heads + tails
}

function tuple(components: readonly AbiParameter[]): AbiWriter {
  const writers = components.map(writerOf)
  const write = (value: unknown) => {
    if (typeof value !== 'object' || value === null) throw misfit('tuple')
    const isList = Array.isArray(value)
    return writeSequence(
      writers,
      components.map(({ name }, i) => Reflect.get(value, isList || !name ? i : name)),
    )
  }
  return sequence(writers, write)
}

function array(writer: AbiWriter, count: number | undefined, type: string): AbiWriter {
  const write = (value: unknown) => {
    if (!Array.isArray(value) || (count !== undefined && value.length !== count)) throw misfit(type)
    const written = writeSequence(
      Array.from(value, () => writer),
      value,
    )
    return count === undefined ? value.length.toString(16).padStart(64, '0') + written : written
  }
  return count === undefined
    ? dynamic(write)
    : sequence(
        Array.from({ length: count }, () => writer),
        write,
      )
}

function sequence(writers: readonly AbiWriter[], write: AbiWriter['write']): AbiWriter {
  if (writers.some(({ isDynamic }) => isDynamic)) return dynamic(write)
  return { write, isDynamic: false, size: writers.reduce((sum, { size }) => sum + size, 0) }
}

function dynamic(write: AbiWriter['write']): AbiWriter {
  return { write, isDynamic: true, size: 32 }
}

function word(write: AbiWriter['write']): AbiWriter {
  return { write, isDynamic: false, size: 32 }
}

function integer(value: unknown, bits: number, signed: boolean, type: string): string {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw misfit(type)
  const number = BigInt(value as bigint | number) // CAST: just checked
  if ((signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)) !== number) throw misfit(type)
  return BigInt.asUintN(256, number).toString(16).padStart(64, '0')
}

function lengthPrefixed(digits: string): string {
  const padded = digits.padEnd(64 * Math.ceil(digits.length / 64), '0')
  return (digits.length / 2).toString(16).padStart(64, '0') + padded
}

function sized(value: unknown, bytes: number, type: string): string {
  const digits = digitsOf(value, type)
  if (digits.length !== 2 * bytes) throw misfit(type)
  return digits
}

/** Whole bytes of hex; whether each character is a digit has been looked at where the value came from. */
function digitsOf(value: unknown, type: string): string {
  if (!isHex(value) || value.length % 2 !== 0) throw misfit(type)
  return value.slice(2)
}

function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && value.startsWith('0x')
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw misfit('string')
  return value
}

function misfit(type: string): TypeError {
  return new TypeError(`a value is no ${type}`)
}
