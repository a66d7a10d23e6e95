/** Numbers in [0, 1), the same ones for the same seed on every machine. */
export type Random = () => number

/**
 * The generator mulberry32: 32 bits of state, far more than enough to draw faults, worthless for secrets.
 * @param seed any whole number; its low 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** @returns a whole number from `least` to `most`, both included */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}

/** @returns one of the items; @throws RangeError when there are none */
export function oneOf<T>(random: Random, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError('there is nothing to choose from')
  return items[Math.floor(random() * items.length)] as T // CAST: the index is within the list
}
