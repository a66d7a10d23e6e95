import type { Burial, Facts, Run } from './facts.ts'

/** Where a request stands, in the order of its journey. The last four end it. */
export const STATES = [
  'received',
  'working',
  'lost',
  'answered',
  'submitted',
  'confirmed',
  'already-answered',
  'completed',
  'dead',
] as const
export type RequestState = (typeof STATES)[number]

export interface Standing {
  readonly state: RequestState
  /** Nothing will change any more, unless an operator has the request run again. */
  readonly final: boolean
  /** The request was dealt with, but its answer and outcome are not kept any longer. */
  readonly forgotten: boolean
}

/** The message that workers have to answer: a forced re-run takes the place of what came before. */
export function newestRun({ first, newestRerun }: Pick<Facts, 'first' | 'newestRerun'>): Run | undefined {
  if (!first || !newestRerun) return first ?? newestRerun
  return newestRerun.seq > first.seq ? newestRerun : first
}

/**
 * Decides where a request stands. What the chain settled wins over everything; then what the streams hold, the latest
 * step first.
 *
 * `working` is told by sequence numbers: the message was delivered to a worker and is above the point up to which
 * everything is acknowledged. That includes a request that waits for its next attempt. One that was acknowledged out of
 * order is below neither, but its answer was stored before that and is found first.
 *
 * `lost` is what was acknowledged although neither answer nor letter is there, and an answer would still be kept: the
 * broker lost it, or somebody else took the message. Once answers of its age have expired, nothing tells the two apart.
 *
 * A request that was given up counts as alive again once it is published anew after that. Answers keep their first
 * version, so one that was given up stays dead until the sender settles it otherwise.
 * @returns undefined when nothing is known about the request
 */
export function standingOf(facts: Facts): Standing | undefined {
  const { outcome, response, burials, slot } = facts
  if (outcome && outcome.status !== 'dead') return ended(outcome.status)
  const givenUpAt = outcome?.storedAt
  if (response) {
    const diedAt = latest([...storedAt(burials.filter(b => b.of === 'answer')), givenUpAt])
    if (diedAt !== undefined && diedAt >= response.storedAt) return ended('dead')
    return underWay(slot ? 'submitted' : 'answered')
  }
  const run = newestRun(facts)
  const diedAt = latest([...storedAt(burials), givenUpAt])
  if (diedAt !== undefined && (!run || run.storedAt <= diedAt)) return ended('dead')
  return run && workedOn(run, facts)
}

function workedOn(run: Run, { workers, readAt, keptMs }: Facts): Standing {
  if (!workers || run.seq > workers.deliveredSeq) return underWay('received')
  if (run.seq > workers.ackFloorSeq) return underWay('working')
  if (readAt - run.storedAt < keptMs) return underWay('lost')
  // Workers acknowledge what is answered: with neither answer nor outcome left, both have expired.
  return { state: 'answered', final: true, forgotten: true }
}

const ended = (state: RequestState): Standing => ({ state, final: true, forgotten: false })
const underWay = (state: RequestState): Standing => ({ state, final: false, forgotten: false })
const storedAt = (burials: readonly Burial[]) => burials.map(b => b.storedAt)

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter(t => t !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
