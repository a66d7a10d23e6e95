import type { Outcome } from '@kms-connector/protocol'

/** A run of a request, or a replay of an answer, by its number; 0 is the first publication. */
export interface Run {
  readonly rerun: number
  /** Milliseconds since the epoch, by the clock of the broker. */
  readonly storedAt: number
}

/** What the streams hold about the request of a letter. */
export interface ReplayFacts {
  /** Publications of the request, re-runs included. */
  readonly runs: readonly Run[]
  /** Publications of the answer, replays included. */
  readonly answers: readonly Run[]
  readonly outcome: Pick<Outcome, 'status'> | undefined
  /** Everything up to here on RESPONSES is behind the sender; undefined before its first checkpoint. */
  readonly checkpoint: number | undefined
}

export type ReplayPlan =
  /** Publish the message of the letter under this number. */
  | { readonly kind: 'publish'; readonly rerun: number }
  /** Nothing to publish: the letter has been overtaken and can go. */
  | { readonly kind: 'overtaken'; readonly why: string }
  /** Not now; the letter stays. */
  | { readonly kind: 'refused'; readonly why: string }

/** The letter in question: what died, under which number, and when the letter was stored. */
export interface DeadMessage extends Run {
  /** Sequence of the message on its stream. */
  readonly seq: number
}

const publishNext = (runs: readonly Run[], dead: Pick<Run, 'rerun'>): ReplayPlan => ({
  kind: 'publish',
  rerun: Math.max(dead.rerun, ...runs.map(({ rerun }) => rerun)) + 1,
})

/**
 * The newest publication after a letter was stored, which has taken the place of the one that died. Within one millisecond
 * the number tells which came later.
 */
const newerThan = (runs: readonly Run[], letter: Run): Run | undefined =>
  runs
    .filter(
      ({ storedAt, rerun }) => storedAt > letter.storedAt || (storedAt === letter.storedAt && rerun > letter.rerun),
    )
    .toSorted((a, b) => b.rerun - a.rerun)[0]

/**
 * Decides what a replay of a given-up request does. Repeating it is harmless: a run that is newer than the letter is the
 * replay, whoever published it.
 */
export function planRequestReplay(dead: DeadMessage, { runs, answers }: ReplayFacts): ReplayPlan {
  if (answers.length > 0) return { kind: 'overtaken', why: 'it has an answer already' }
  const newer = newerThan(runs, dead)
  if (newer) return { kind: 'overtaken', why: `it was published again already, as .r${newer.rerun}` }
  return publishNext(runs, dead)
}

/**
 * Decides what a replay of a given-up answer does. The answer is published once more under a subject of its own, behind the
 * checkpoint, where the sender reads it. Only an answer that the sender is through with is: else it would be in its hands
 * twice and could be sent twice, of which the contract takes one.
 */
export function planAnswerReplay(dead: DeadMessage, { answers, outcome, checkpoint }: ReplayFacts): ReplayPlan {
  if (outcome && outcome.status !== 'dead') return { kind: 'overtaken', why: `it ended as ${outcome.status} since` }
  const newer = newerThan(answers, dead)
  if (newer) return { kind: 'overtaken', why: 'a newer answer is on its way already' }
  const through = outcome !== undefined || (checkpoint !== undefined && checkpoint >= dead.seq)
  if (!through) return { kind: 'refused', why: 'the sender is not through with it: start the sender, then try again' }
  return publishNext(answers, dead)
}

/**
 * Decides what a forced replay of the second of two requests with one id does. The answer of the first keeps the subject that
 * the right one would be stored under: a re-run would be computed, its answer dropped as a duplicate, and its letter gone.
 */
export function planConflictReplay({ runs, answers }: ReplayFacts): ReplayPlan {
  if (answers.length > 0) {
    const why =
      'the request that came first is answered, and the first answer wins: another one could not be stored. ' +
      'See REQUEST_CONFLICT in docs/operations.md for how to make room for it'
    return { kind: 'refused', why }
  }
  return publishNext(runs, { rerun: 0 })
}
