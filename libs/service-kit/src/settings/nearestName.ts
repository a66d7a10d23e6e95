import { distance } from 'fastest-levenshtein'

/** Longer names are compared by their beginning only: the cost of a comparison grows with the product of both lengths. */
const COMPARED = 200

/** The known name that is the fewest edits away; the first of several, undefined when none is known. */
export function nearestName(unknown: string, known: Iterable<string>): string | undefined {
  const wanted = unknown.slice(0, COMPARED).toLowerCase()
  let best: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const name of known) {
    const edits = distance(wanted, name.slice(0, COMPARED).toLowerCase())
    if (edits < fewest) [best, fewest] = [name, edits]
  }
  return best
}
