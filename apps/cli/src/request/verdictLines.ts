import type { RequestFacts } from './requestFacts.ts'
import type { Verdict } from './verdictParts.ts'

/** The verdict for a person: what, why, what to do, and what could not be looked at. */
export function verdictLines({ operation, id, gaps }: RequestFacts, { code, status, what, fix }: Verdict): string[] {
  return [
    `${operation} ${id}`,
    `${status}: ${code}`,
    `  why: ${what}`,
    `  do:  ${fix}`,
    ...gaps.map(gap => `  could not look at ${gap}`),
  ]
}
