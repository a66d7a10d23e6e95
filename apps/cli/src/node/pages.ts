import { age } from '../table.ts'
import type { NodeFacts } from './nodeFacts.ts'
import { lastsText } from './runway.ts'

/** Something that somebody will be called for. */
export interface Page {
  readonly what: string
  /** Milliseconds from now; 0: it is time already. */
  readonly inMs: number
}

const HOUR_MS = 3_600_000
/** A wallet that lasts for less than this is worth a page, milliseconds. */
const RUNWAY_MS = 12 * HOUR_MS
/** What lies further ahead is not in sight. */
const FAR_MS = 90 * 24 * HOUR_MS
const OLDEST_MS = 15 * 60_000
const LAG_BLOCKS = 200
/** A dead letter younger than this counts as growth. */
const FRESH_LETTER_MS = HOUR_MS

/** What would page the operator next, the soonest first. Pure. */
export function pagesOf(facts: NodeFacts): readonly Page[] {
  const { runway, fullest, headLag = 0, oldestOpenMs = 0, deadLetters = 0, newestLetterMs, sender } = facts
  const pages: Page[] = []
  if (sender?.leader === 'nobody') pages.push({ what: 'no tx-sender holds the lease', inMs: 0 })
  if (runway && runway.answers < 1) pages.push({ what: 'the wallet is empty', inMs: 0 })
  if (headLag > LAG_BLOCKS) pages.push({ what: `the listener is ${headLag} blocks behind`, inMs: 0 })
  if (deadLetters > 0 && newestLetterMs !== undefined && newestLetterMs < FRESH_LETTER_MS)
    pages.push({ what: `dead letters grow, the newest is ${age(newestLetterMs)} old`, inMs: 0 })
  if (oldestOpenMs > 0) {
    const what = `the oldest open request, ${age(oldestOpenMs)} old, is not answered`
    pages.push({ what, inMs: Math.max(0, OLDEST_MS - oldestOpenMs) })
  }
  if (runway?.lastsMs !== undefined && runway.answers >= 1)
    pages.push({ what: `the wallet lasts ${lastsText(runway.lastsMs)}`, inMs: Math.max(0, runway.lastsMs - RUNWAY_MS) })
  if (fullest?.fullInMs !== undefined)
    pages.push({ what: `${fullest.stream} is full`, inMs: Math.max(0, fullest.fullInMs) })
  return pages.filter(({ inMs }) => inMs < FAR_MS).toSorted((a, b) => a.inMs - b.inMs)
}
