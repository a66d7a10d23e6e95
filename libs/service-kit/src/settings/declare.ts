import { parseByteSize } from '../byteSize.ts'
import { parseDuration } from '../duration.ts'
import type { Secret } from '../secret.ts'
import { type Kind, Mismatch, type WrittenValue } from './kind.ts'
import { type Bounds, bytesKind, durationKind, flagKind, integerKind, integerOrKind } from './numberKinds.ts'
import type { Endpoint } from './textKinds.ts'
import * as texts from './textKinds.ts'

/** One declared value. Where it is declared says everything there is to say about it. */
export interface Setting<T> {
  readonly node: 'setting'
  readonly kind: Kind<T>
  readonly describe: string
  /** `required` must be given, `default` need not be, `optional` may be left out and is undefined then. */
  readonly presence: 'required' | 'default' | 'optional'
  readonly fallback?: { readonly value: T; readonly written: WrittenValue }
  readonly example: WrittenValue
}

/** A table of settings. An optional one is undefined as long as nothing in it is given. */
export interface Group<S extends Shape, Optional extends boolean = false> {
  readonly node: 'group'
  readonly shape: S
  readonly describe: string
  readonly optional: Optional
  /** Name of the setting without which an optional group counts as left out, whatever else of it is given. */
  readonly givenBy?: string
}

/** A list of tables: `[[name]]` in TOML, a JSON array of objects in one environment variable. */
export interface List<S extends Shape> {
  readonly node: 'list'
  readonly shape: S
  readonly describe: string
  readonly min: number
  readonly max: number
  /** Name of the setting whose value must differ between the items. */
  readonly unique?: string
}

export type Node = Setting<unknown> | Group<Shape, boolean> | List<Shape>
export interface Shape {
  readonly [name: string]: Node
}

/** The settings as the program sees them. */
export type Loaded<S> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T>
    ? T
    : S[K] extends Group<infer G, infer Optional>
      ? true extends Optional
        ? Loaded<G> | undefined
        : Loaded<G>
      : S[K] extends List<infer G>
        ? readonly Loaded<G>[]
        : never
}

/** What every declaration says, whatever its kind. `W` is how the value is written in TOML. */
export interface Declaration<W extends WrittenValue> {
  /** What it means to an operator, in a sentence or two, with the unit or effect in wall-clock terms. */
  readonly describe: string
  /** As an operator would write it. Without it the setting is required. */
  readonly default?: W
  /** Shown in the example file where there is no default. */
  readonly example?: W
}

/**
 * Declares a setting of any kind; the functions below are shorter for the kinds that come with this library.
 *
 * @throws Error when the default does not pass its own check: a fault of the program, found when it starts
 */
export function setting<T, W extends WrittenValue>(kind: Kind<T>, declared: Declaration<W>): Setting<T> {
  const { describe, default: written } = declared
  const base = { node: 'setting', kind, describe } as const
  const example = declared.example ?? written ?? kind.placeholder
  if (written === undefined) return { ...base, presence: 'required', example }
  try {
    return { ...base, presence: 'default', fallback: { value: kind.fromValue(written), written }, example }
  } catch (fault) {
    throw new Error(`default of the setting "${describe}": ${fault instanceof Mismatch ? fault.message : fault}`)
  }
}

interface TextRules {
  /** The text must match; say it in words in `expected`. */
  readonly pattern?: RegExp
  readonly expected?: string
}
export const text = (declared: Declaration<string> & TextRules): Setting<string> =>
  setting(texts.plainTextKind(declared.pattern, declared.expected), declared)

export const url = (declared: Declaration<string> & { readonly protocols?: readonly string[] }): Setting<string> =>
  setting(texts.urlKind(declared.protocols ?? ['http:', 'https:']), declared)

export const integer = (declared: Declaration<number> & Bounds): Setting<number> =>
  setting(integerKind(declared), declared)

export const integerOr = <const W extends string>(
  words: readonly W[],
  declared: Declaration<number | W> & Bounds,
): Setting<number | W> => setting(integerOrKind(words, declared), declared)

interface WrittenBounds {
  readonly min?: string
  readonly max?: string
}
const readBounds = (
  { min, max }: WrittenBounds,
  parse: (text: string) => number | undefined,
  least: string,
): Bounds => {
  const read = (bound: string) => {
    const value = parse(bound)
    if (value === undefined) throw new Error(`${bound} is no bound of a setting`)
    return value
  }
  return { min: read(min ?? least), ...(max === undefined ? {} : { max: read(max) }) }
}

/** Loaded as ms. Without `min` it must be 1ms or more, so that nothing is polled without a pause by mistake. */
export const duration = (declared: Declaration<string> & WrittenBounds): Setting<number> =>
  setting(durationKind(readBounds(declared, parseDuration, '1ms')), declared)

/** Loaded as a number of bytes. Without `min` it must be 1 or more. */
export const bytes = (declared: Declaration<string> & WrittenBounds): Setting<number> =>
  setting(bytesKind(readBounds(declared, parseByteSize, '1B')), declared)

export const flag = (declared: Declaration<boolean>): Setting<boolean> => setting(flagKind, declared)

export const choice = <const C extends string>(choices: readonly C[], declared: Declaration<NoInfer<C>>): Setting<C> =>
  setting(texts.choiceKind(choices), declared)

/** Loaded in lower case. */
export const address = (declared: Declaration<string>): Setting<`0x${string}`> => setting(texts.addressKind, declared)

export const path = (declared: Declaration<string>): Setting<string> => setting(texts.pathKind, declared)

export const endpoint = (declared: Declaration<string>): Setting<Endpoint> => setting(texts.endpointKind, declared)

/** Secrets have no default: one that is printed in the documentation is none. */
export type SecretDeclaration = Omit<Declaration<string>, 'default' | 'example'>
export const secretHex = (declared: SecretDeclaration & { readonly bytes: number }): Setting<Secret> =>
  setting(texts.secretHexKind(declared.bytes), declared)

export const secretText = (declared: SecretDeclaration): Setting<Secret> => setting(texts.secretTextKind, declared)

interface CountRules {
  readonly min?: number
  readonly max?: number
}
const LONGEST_LIST = 256
export const textList = (declared: Declaration<readonly string[]> & CountRules): Setting<readonly string[]> =>
  setting(texts.severalKind(texts.plainTextKind(), declared.min ?? 0, declared.max ?? LONGEST_LIST), declared)

type UrlListRules = CountRules & { readonly protocols?: readonly string[] }
export const urlList = (declared: Declaration<readonly string[]> & UrlListRules): Setting<readonly string[]> => {
  const item = texts.urlKind(declared.protocols ?? ['http:', 'https:'])
  return setting(texts.severalKind(item, declared.min ?? 1, declared.max ?? LONGEST_LIST), declared)
}

/** One URL, or several in the order of preference. Loaded as a list either way. */
export const urls = (declared: Declaration<string | readonly string[]> & UrlListRules): Setting<readonly string[]> =>
  setting(texts.urlsKind(declared.protocols ?? ['http:', 'https:'], declared.max ?? LONGEST_LIST), declared)

export function group<const S extends Shape>(shape: S, { describe }: { readonly describe: string }): Group<S> {
  return { node: 'group', shape, describe, optional: false }
}

export function list<const S extends Shape>(
  items: Group<S>,
  declared: { readonly describe?: string; readonly unique?: keyof S & string } & CountRules,
): List<S> {
  const { describe = items.describe, min = 0, max = LONGEST_LIST, unique } = declared
  return { node: 'list', shape: items.shape, describe, min, max, ...(unique === undefined ? {} : { unique }) }
}

interface GroupPresence<S extends Shape> {
  readonly givenBy?: keyof S & string
}

/** Makes a setting, or a whole group, something that may be left out. */
export function optional<T>(declared: Setting<T>): Setting<T | undefined>
export function optional<S extends Shape>(declared: Group<S>, presence?: GroupPresence<S>): Group<S, true>
export function optional(declared: Setting<unknown> | Group<Shape>, presence: GroupPresence<Shape> = {}): Node {
  if (declared.node === 'group') return { ...declared, optional: true, ...presence }
  return { ...declared, presence: 'optional' }
}
