import type { Hex } from '@kms-connector/protocol'

/** Reading of values that a node sent: nothing about them is believed. */

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** @returns undefined for anything that is not a hex quantity of a safe integer */
export function readNumber(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,14}$/i.test(value)) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * @param bytes exact length; any whole number of bytes when left out
 * @returns lower-case hex, undefined for anything that is not hex of this length
 */
export function readHex(value: unknown, bytes?: number): Hex | undefined {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^0x[0-9a-f]*$/i.test(value)) return undefined
  if (bytes !== undefined && value.length !== 2 + 2 * bytes) return undefined
  return value.toLowerCase() as Hex // CAST: the pattern above is that of Hex
}

/** @returns undefined unless every entry is a 32-byte word and there are at most as many as a log can have */
export function readTopics(value: unknown): readonly Hex[] | undefined {
  if (!Array.isArray(value) || value.length > 4) return undefined
  const topics = value.map(topic => readHex(topic, 32))
  return topics.every(topic => topic !== undefined) ? topics : undefined
}
