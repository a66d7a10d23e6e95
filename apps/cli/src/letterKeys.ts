import { identify } from '@kms-connector/protocol'
import type { Letter } from './letters.ts'

/** Numbers with more digits than this are request ids. */
const LONGEST_LETTER_NUMBER = 15

/** Letters that a key names: its number, or every letter of a request id, of the key of its subject, or of a whole subject. */
export function lettersOf(letters: readonly Letter[], key: string): readonly Letter[] {
  if (/^\d+$/.test(key) && key.length <= LONGEST_LETTER_NUMBER) return letters.filter(({ seq }) => seq === Number(key))
  const id = identify(key)
  return letters.filter(letter => letter.key === key || letter.subject === key || letter.key === id)
}

/** What several keys name, each letter once; `unknown` are keys that name nothing. */
export function selectLetters(
  letters: readonly Letter[],
  keys: readonly string[],
): { readonly chosen: readonly Letter[]; readonly unknown: readonly string[] } {
  const found = keys.map(key => lettersOf(letters, key))
  const chosen = new Set(found.flat())
  return { chosen: letters.filter(letter => chosen.has(letter)), unknown: keys.filter((_, i) => !found[i]?.length) }
}
