/** What one endpoint answered, as keys that are equal across endpoints when what they stand for is. */
export interface Vote {
  readonly endpoint: string
  readonly keys: readonly string[]
}

export type QuorumResult =
  /** Enough endpoints said the same; the others are contradicted by them. */
  | { readonly kind: 'agreed'; readonly by: readonly string[]; readonly against: readonly string[] }
  /** Another endpoint has to be asked. */
  | { readonly kind: 'undecided' }

/**
 * Whether enough endpoints gave the same answer. With as many for one answer as for another nobody is believed.
 * @param needed endpoints that must agree
 */
export function quorumOf(votes: readonly Vote[], needed: number): QuorumResult {
  const groups = new Map<string, string[]>()
  for (const { endpoint, keys } of votes) {
    const answer = [...new Set(keys)].sort().join('\n')
    groups.set(answer, [...(groups.get(answer) ?? []), endpoint])
  }
  const [first, second] = [...groups.values()].sort((a, b) => b.length - a.length)
  if (!first || first.length < needed || first.length === second?.length) return { kind: 'undecided' }
  const against = votes.map(({ endpoint }) => endpoint).filter(endpoint => !first.includes(endpoint))
  return { kind: 'agreed', by: first, against }
}
