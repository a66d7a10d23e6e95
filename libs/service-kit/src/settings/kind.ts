/** Thrown by the parser of a kind: what is wrong with a value, in words that may be printed (never a secret). */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/**
 * One kind of value a setting can have. There are two ways in, because the environment only has text while TOML and
 * JSON have types, and one way out, for showing the value to people.
 */
export interface Kind<T> {
  readonly name: string
  /** Completes "expected ...". */
  readonly expected: string
  /** What an example file shows where a value is required, as it is written in TOML. */
  readonly placeholder: WrittenValue
  readonly secret: boolean
  /** What TOML, YAML or JSON may hold, for tools that check a file before a process reads it; the kind itself is stricter. */
  readonly written: WrittenSchema
  /** @throws Mismatch */
  fromText(text: string): T
  /** @throws Mismatch */
  fromValue(value: unknown): T
  /** The value as it may be shown: without credentials. */
  display(value: T): string
}

/** A value as an operator writes it in TOML. */
export type WrittenValue = string | number | boolean | readonly string[]

/** JSON Schema of one written value. */
export interface WrittenSchema {
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | readonly ('string' | 'integer' | 'array')[]
  readonly [keyword: string]: unknown
}

interface TextKind<T> {
  readonly name: string
  readonly expected: string
  readonly placeholder: string
  readonly secret?: boolean
  /** Left out: any text but an empty one. */
  readonly written?: WrittenSchema
  /** @throws Mismatch */
  readonly parse: (text: string) => T
  readonly display?: (value: T) => string
}

/** A kind that is written as text in TOML, too. Surrounding white space is dropped; empty text is refused. */
export function textKind<T>({
  secret = false,
  display = String,
  written = { type: 'string', minLength: 1 },
  parse,
  ...rest
}: TextKind<T>): Kind<T> {
  const fromText = (text: string): T => {
    const trimmed = text.trim()
    if (trimmed === '') throw new Mismatch('is empty')
    return parse(trimmed)
  }
  return {
    ...rest,
    secret,
    written,
    display,
    fromText,
    fromValue: value => {
      if (typeof value !== 'string') throw new Mismatch(`is ${typeName(value)}, not text in quotes`)
      return fromText(value)
    },
  }
}

/** A value quoted for an error message: shortened, control characters escaped. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)
}

/** What a parsed TOML or JSON value is, in words. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return 'a date'
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'number':
      return Number.isInteger(value) ? 'an integer' : 'a fraction'
    case 'bigint':
      return 'an integer beyond 2^53'
    case 'boolean':
      return 'a boolean'
    default:
      return 'a table'
  }
}
