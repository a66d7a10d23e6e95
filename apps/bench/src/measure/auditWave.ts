/** How a pipeline says that one request ended. */
export interface EndedRequest {
  readonly id: string
  readonly confirmed: boolean
  readonly nonce: number | undefined
}

const SHOWN = 3

/**
 * Checks that a wave lost nothing and did nothing twice: pure.
 * @param ids requests that were placed
 * @param ended what the stream of outcomes holds
 * @param nonces transaction count of the wallet before and after the wave
 * @returns what is not as it must be, one sentence each
 */
export function waveFaults(
  ids: readonly string[],
  ended: readonly EndedRequest[],
  nonces: { readonly before: number; readonly after: number },
): string[] {
  const counts = new Map(ids.map(id => [id, 0]))
  const strangers: string[] = []
  for (const { id } of ended) {
    const count = counts.get(id)
    if (count === undefined) strangers.push(id)
    else counts.set(id, count + 1)
  }
  const where = (wanted: (count: number) => boolean) => ids.filter(id => wanted(counts.get(id) ?? 0))
  return [
    ...fault(
      'without an outcome',
      where(count => count === 0),
    ),
    ...fault(
      'with several outcomes',
      where(count => count > 1),
    ),
    ...fault('that nobody asked for', strangers),
    ...fault(
      'not confirmed',
      ended.filter(({ confirmed }) => !confirmed).map(({ id }) => id),
    ),
    ...nonceFaults(ended, nonces),
  ]
}

function fault(what: string, ids: readonly string[]): string[] {
  return ids.length === 0 ? [] : [`${ids.length} requests ${what}: ${ids.slice(0, SHOWN).join(', ')}`]
}

function nonceFaults(ended: readonly EndedRequest[], { before, after }: { before: number; after: number }): string[] {
  const used = new Set(ended.flatMap(({ nonce }) => nonce ?? []))
  const missing: number[] = []
  for (let nonce = before; nonce < after; nonce++) if (!used.has(nonce)) missing.push(nonce)
  const outside = [...used].filter(nonce => nonce < before || nonce >= after)
  return [
    ...(missing.length > 0 ? [`nonces without an outcome: ${missing.slice(0, SHOWN).join(', ')}`] : []),
    ...(outside.length > 0 ? [`nonces that the chain does not know: ${outside.slice(0, SHOWN).join(', ')}`] : []),
    ...(used.size < ended.length ? [`${ended.length} outcomes share ${used.size} nonces`] : []),
  ]
}
