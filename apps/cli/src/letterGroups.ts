import type { Letter } from './letters.ts'

/** The letters of one fault. */
export interface LetterGroup {
  readonly code: string
  /** The oldest first. */
  readonly letters: readonly Letter[]
  readonly oldestAt: number
  readonly newestAt: number
  /** Most deliveries that one of its messages used up. */
  readonly attempts: number
}

/** Groups letters by fault, the most frequent first. */
export function groupLetters(letters: readonly Letter[]): readonly LetterGroup[] {
  const byCode = Map.groupBy(letters, ({ code }) => code)
  const groups = [...byCode].map(([code, some]): LetterGroup => {
    const sorted = some.toSorted((a, b) => a.storedAt - b.storedAt || a.seq - b.seq)
    const times = sorted.map(({ storedAt }) => storedAt)
    return {
      code,
      letters: sorted,
      oldestAt: Math.min(...times),
      newestAt: Math.max(...times),
      attempts: Math.max(...sorted.map(({ content }) => content?.source?.attempts ?? 0)),
    }
  })
  return groups.sort((a, b) => b.letters.length - a.letters.length || a.code.localeCompare(b.code))
}
