import type { AbiParameter } from 'viem'
import type { AbiData } from './abiData.ts'

/**
 * Reads a value whose head is at a position.
 * @param base where offsets of this level count from
 */
type Read = (data: AbiData, at: number, base: number) => unknown

/** How values of one type are read. */
export interface AbiReader {
  readonly read: Read
  /** The head is an offset of one word, and the value stands elsewhere. */
  readonly isDynamic: boolean
  /** Bytes of the head. */
  readonly size: number
}

/** @throws TypeError for a type that the ABI does not know */
export function readerOf(parameter: AbiParameter): AbiReader {
  const { type } = parameter
  const [, element, count] = /^(.*)\[(\d*)\]$/.exec(type) ?? []
  if (element !== undefined) {
    const reader = readerOf({ ...parameter, type: element })
    return count ? fixedArray(reader, Number(count)) : dynamicArray(reader)
  }
  if (type === 'tuple' && 'components' in parameter) return tuple(parameter.components)
  if (type === 'bytes') return dynamic((data, at) => data.hex(at + 32, data.number(at)))
  if (type === 'string') return dynamic((data, at) => data.text(at + 32, data.number(at)))
  if (type === 'address') return word((data, at) => data.hex(at + 12, 20))
  if (type === 'bool') return word(readBool)
  const [, kind, digits] = /^(u?int|bytes)(\d*)$/.exec(type) ?? []
  const width = Number(digits || 256)
  if (kind === 'uint' && width <= 48) return word((data, at) => data.number(at))
  if (kind === 'uint' && width <= 256) return word((data, at) => data.uint(at))
  if (kind === 'int' && width <= 256) return word((data, at) => readSigned(data, at, width))
  if (kind === 'bytes' && width >= 1 && width <= 32) return word((data, at) => data.hex(at, width))
  throw new TypeError(`"${type}" is no type of the ABI`)
}

/** Values one after the other, as arguments of a function or an event; by name where all have one. */
export function tuple(components: readonly AbiParameter[]): AbiReader {
  const fields = components.map(({ name }, i) => name ?? String(i))
  const readers = components.map(readerOf)
  const isNamed = components.length > 0 && components.every(({ name }) => name)
  const read: Read = (data, at, base) => {
    const values = readSequence(data, readers, at, base)
    return isNamed ? Object.fromEntries(fields.map((field, i) => [field, values[i]])) : values
  }
  return sequence(readers, read)
}

function fixedArray(reader: AbiReader, count: number): AbiReader {
  const readers = Array.from({ length: count }, () => reader)
  return sequence(readers, (data, at, base) => readSequence(data, readers, at, base))
}

/** One that holds anything dynamic is dynamic as a whole, and its offsets count from its own begin. */
function sequence(readers: readonly AbiReader[], read: Read): AbiReader {
  if (readers.some(({ isDynamic }) => isDynamic)) return dynamic((data, at) => read(data, at, at))
  return { read, isDynamic: false, size: readers.reduce((sum, { size }) => sum + size, 0) }
}

function readSequence(data: AbiData, readers: readonly AbiReader[], at: number, base: number): unknown[] {
  let head = at
  return readers.map(({ read, size }) => {
    const value = read(data, head, base)
    head += size
    return value
  })
}

function dynamicArray({ read, size }: AbiReader): AbiReader {
  return dynamic((data, at) => {
    const values: unknown[] = []
    const begin = at + 32
    for (let left = data.number(at); left > 0; left--) {
      // Else a length alone could make any number of elements without size.
      if (size === 0) data.charge(1)
      values.push(read(data, begin + values.length * size, begin))
    }
    return values
  })
}

function dynamic(readAt: (data: AbiData, at: number) => unknown): AbiReader {
  return { read: (data, at, base) => readAt(data, base + data.number(at)), isDynamic: true, size: 32 }
}

function word(read: (data: AbiData, at: number) => unknown): AbiReader {
  return { read, isDynamic: false, size: 32 }
}

function readBool(data: AbiData, at: number): boolean {
  const value = data.number(at)
  if (value > 1) throw new RangeError(`${value} is no bool`)
  return value === 1
}

function readSigned(data: AbiData, at: number, width: number): number | bigint {
  const value = BigInt.asIntN(256, data.uint(at))
  if (width > 48) return value
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large for int${width}`)
  return number
}
