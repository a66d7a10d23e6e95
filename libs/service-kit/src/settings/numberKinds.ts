import { formatByteSize, parseByteSize } from '../byteSize.ts'
import { formatDuration, parseDuration } from '../duration.ts'
import { type Kind, Mismatch, quoted, textKind, typeName } from './kind.ts'

/** Bounds of a number, both inclusive. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
}

const DIGITS = /^-?\d{1,20}$/

function boundsText({ min, max }: Bounds, show: (bound: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${show(min)} to ${show(max)}`
  if (min !== undefined) return ` of ${show(min)} or more`
  return max === undefined ? '' : ` of ${show(max)} or less`
}

function withinBounds(value: number, { min, max }: Bounds, show: (bound: number) => string): number {
  if (min !== undefined && value < min) throw new Mismatch(`${show(value)} is too small`)
  if (max !== undefined && value > max) throw new Mismatch(`${show(value)} is too large`)
  return value
}

export function integerKind(bounds: Bounds): Kind<number> {
  const check = (value: number) => withinBounds(value, bounds, String)
  return {
    name: 'integer',
    expected: `an integer${boundsText(bounds, String)}`,
    placeholder: bounds.min ?? 1,
    secret: false,
    written: {
      type: 'integer',
      ...(bounds.min === undefined ? {} : { minimum: bounds.min }),
      ...(bounds.max === undefined ? {} : { maximum: bounds.max }),
    },
    fromText: text => {
      const value = DIGITS.test(text.trim()) ? Number(text) : Number.NaN
      if (!Number.isSafeInteger(value)) throw new Mismatch(`${quoted(text)} is not an integer within 2^53`)
      return check(value)
    },
    fromValue: value => {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Mismatch(`is ${typeName(value)}`)
      return check(value)
    },
    display: String,
  }
}

/** An integer, or one of a few words with a meaning of their own, such as `latest` for a block number. */
export function integerOrKind<W extends string>(words: readonly W[], bounds: Bounds): Kind<number | W> {
  const integer = integerKind(bounds)
  const expected = `${integer.expected}, or ${words.map(word => JSON.stringify(word)).join(' or ')}`
  const fromText = (text: string): number | W => {
    const word = words.find(known => known === text.trim())
    return word ?? integer.fromText(text)
  }
  return {
    ...integer,
    name: 'integer or word',
    expected,
    written: { type: ['integer', 'string'], anyOf: [integer.written, { enum: words }] },
    fromText,
    fromValue: value => (typeof value === 'string' ? fromText(value) : integer.fromValue(value)),
    display: String,
  }
}

/** @param bounds in ms */
export function durationKind(bounds: Bounds): Kind<number> {
  return textKind({
    name: 'duration',
    expected: `a duration such as "500ms", "3s", "5m", "24h" or "7d"${boundsText(bounds, formatDuration)}`,
    placeholder: '3s',
    written: { type: 'string', pattern: '^([0-9]+[a-z]+ ?)+$' },
    parse: text => {
      const ms = parseDuration(text)
      if (ms === undefined) throw new Mismatch(`${quoted(text)} is not a duration`)
      return withinBounds(ms, bounds, formatDuration)
    },
    display: formatDuration,
  })
}

/** @param bounds in bytes */
export function bytesKind(bounds: Bounds): Kind<number> {
  const kind = textKind({
    name: 'bytes',
    expected: `a size such as "66MiB", "2GB" or 4096${boundsText(bounds, formatByteSize)}`,
    placeholder: '1MiB',
    parse: text => {
      const bytes = parseByteSize(text)
      if (bytes === undefined) throw new Mismatch(`${quoted(text)} is not a size`)
      return withinBounds(bytes, bounds, formatByteSize)
    },
    display: formatByteSize,
  })
  const written = { type: ['string', 'integer'], minimum: 1, pattern: '^[0-9]' } as const
  return { ...kind, written, fromValue: value => kind.fromValue(Number.isSafeInteger(value) ? String(value) : value) }
}

export const flagKind: Kind<boolean> = {
  name: 'flag',
  expected: 'true or false',
  placeholder: false,
  secret: false,
  written: { type: 'boolean' },
  fromText: text => {
    const word = text.trim().toLowerCase()
    if (word === 'true' || word === '1') return true
    if (word === 'false' || word === '0') return false
    throw new Mismatch(`${quoted(text)} is neither true nor false`)
  },
  fromValue: value => {
    if (typeof value !== 'boolean') throw new Mismatch(`is ${typeName(value)}`)
    return value
  },
  display: String,
}
