import { age } from '../table.ts'
import type { NodeFacts } from './nodeFacts.ts'
import { pagesOf } from './pages.ts'
import { lastsText } from './runway.ts'

const MANY = 1_000_000

/** The four numbers that matter, what would page next, and what could not be looked at. Pure. */
export function statusLines(facts: NodeFacts): string[] {
  const { headLag, oldestOpenMs, openRequests, deadLetters, runway, gaps } = facts
  const open = openRequests === undefined ? '?' : `${openRequests} without an answer`
  const [next] = pagesOf(facts)
  const when = next && (next.inMs === 0 ? 'now' : `in ${lastsText(next.inMs)}`)
  return [
    row('listener', headLag === undefined ? '?' : `${headLag} blocks behind what it may read`),
    row(
      'oldest open',
      oldestOpenMs === undefined ? '?' : oldestOpenMs === 0 ? 'none' : `${age(oldestOpenMs)}, ${open}`,
    ),
    row('dead letters', deadLetters === undefined ? '?' : String(deadLetters)),
    row('wallet', runwayText(runway)),
    '',
    row('next page', next ? `${when}: ${next.what}` : outlook(gaps)),
    ...gapLines(gaps),
  ]
}

/** What there is to say when nothing is due: nothing, unless not everything was seen. */
export function outlook(gaps: readonly string[]): string {
  return gaps.length === 0 ? 'nothing in sight' : 'not known, because not everything could be looked at'
}

/** Things that could not be looked at for the same reason share a line. */
export function gapLines(gaps: readonly string[]): string[] {
  const byReason = new Map<string, string[]>()
  for (const gap of gaps) {
    const [what = '', ...rest] = gap.split(': ')
    const reason = rest.join(': ')
    byReason.set(reason, [...(byReason.get(reason) ?? []), what])
  }
  return [...byReason].map(([reason, things]) => `could not look at ${things.join(', ')}: ${reason}`)
}

export function runwayText(runway: NodeFacts['runway']): string {
  if (!runway) return '?'
  const lasts = runway.lastsMs === undefined ? '' : `, ${lastsText(runway.lastsMs)} at the rate of now`
  return `pays for ${runway.answers > MANY ? 'more than a million' : runway.answers.toFixed(0)} answers${lasts}`
}

const row = (name: string, text: string) => `${name.padEnd(14)}${text}`
