import { FHE_TYPES, type FheType } from '@kms-connector/protocol'
import { type PlannedRequest, type PlannedValue, REQUEST_KINDS } from './order.ts'

const TYPES: readonly FheType[] = [...FHE_TYPES.values()]
/** The Gateway refuses requests of more bits; a bool counts as 2. */
const MAX_BITS = 2048
/** Expanded ciphertexts of wider types have megabytes, which shows nothing new. */
const EXPANDED_UP_TO_BITS = 16
/** Every so many requests one asks for several values. */
const SEVERAL_EVERY = 5
const MOST_VALUES = 4
/** Turns 0 and 1 are the extremes. */
const RANDOM_TURN = 2

/**
 * Decides what is asked for. Any 24 in a row cover each of the eight types for each of the three kinds; the extremes 0 and
 * maximum take turns with random values, small types with both serialisations, and every fifth request asks for several
 * values of different types.
 * @param random source of numbers in [0, 1)
 */
export function planRequests(count: number, random: () => number): PlannedRequest[] {
  return Array.from({ length: count }, (_, n) => {
    const kind = REQUEST_KINDS[n % REQUEST_KINDS.length] ?? 'public'
    const primary = Math.floor(n / REQUEST_KINDS.length)
    const several = n % SEVERAL_EVERY === SEVERAL_EVERY - 1
    const wanted = several ? 2 + Math.floor(random() * (MOST_VALUES - 1)) : 1
    const types = Array.from({ length: wanted }, (_, i) => typeAt(primary + 3 * i))
    return {
      kind,
      values: withinLimit(types).map((type, i) => plannedValue(type, (n % REQUEST_KINDS.length) + primary + i, random)),
    }
  })
}

/** A public and a user decryption of a random uint64 each: what a key that was just made must be able to open. */
export function planForNewKey(random: () => number): PlannedRequest[] {
  const values = () => TYPES.filter(type => type.name === 'uint64').map(type => plannedValue(type, RANDOM_TURN, random))
  return [
    { kind: 'public', values: values() },
    { kind: 'user', values: values() },
  ]
}

function typeAt(n: number): FheType {
  return TYPES[n % TYPES.length] as FheType // CAST: the remainder is an index
}

function withinLimit(types: readonly FheType[]): FheType[] {
  let bits = 0
  return types.filter(type => {
    bits += type.bits
    return bits <= MAX_BITS
  })
}

function plannedValue(fheType: FheType, turn: number, random: () => number): PlannedValue {
  const expanded = fheType.bits <= EXPANDED_UP_TO_BITS && turn % 2 === 0
  return { fheType, value: plaintextOf(fheType, turn, random), form: expanded ? 'expanded' : 'seeded' }
}

function plaintextOf(fheType: FheType, turn: number, random: () => number): bigint {
  const max = maxOf(fheType)
  if (turn % 4 === 0) return 0n
  if (turn % 4 === 1) return max
  let value = 0n
  for (let bits = 0; bits < fheType.bits; bits += 32) value = (value << 32n) | BigInt(Math.floor(random() * 2 ** 32))
  return value & max
}

/** @returns the largest value of a type */
export function maxOf(fheType: FheType): bigint {
  return fheType.name === 'bool' ? 1n : (1n << BigInt(fheType.bits)) - 1n
}
