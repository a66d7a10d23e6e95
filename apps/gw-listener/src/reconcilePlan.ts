import type { ConsumerPosition } from '@kms-connector/streams'

/** One publication of a request: its first one, or a re-run with a number. */
export interface RequestRun {
  readonly seq: number
  /** 0 for the first publication. */
  readonly rerun: number
  /** Milliseconds since the epoch, by the clock of the broker. */
  readonly storedAt: number
}

/** What the streams hold that shows how a request went on; read after the position of the workers. */
export interface Evidence {
  readonly answered: boolean
  /** An outcome that is not `dead`. */
  readonly settled: boolean
  /** When it was given up last, by dead letter or outcome; undefined when it never was. */
  readonly diedAt: number | undefined
}

/**
 * - `done`: answered, settled or given up
 * - `waiting`: no worker has seen it yet
 * - `unclear`: a worker may hold it, or it was acknowledged out of order
 * - `lost`: it was acknowledged, and nothing came of it
 */
export type RunStanding = 'done' | 'waiting' | 'unclear' | 'lost'

/**
 * Decides where the newest run of a request stands. Workers acknowledge a request only after its answer or dead letter is
 * stored, so what they had acknowledged when their position was read, and has neither now, was lost.
 * @param position of the workers, read before the evidence; undefined while there is no consumer
 */
export function runStanding(run: RequestRun, evidence: Evidence, position: ConsumerPosition | undefined): RunStanding {
  const { answered, settled, diedAt } = evidence
  // Given up before this run was published is what the run is to mend.
  if (answered || settled || (diedAt !== undefined && diedAt >= run.storedAt)) return 'done'
  if (!position || run.seq > position.deliveredSeq) return 'waiting'
  return run.seq > position.ackFloorSeq ? 'unclear' : 'lost'
}

/** Doubles at most this often: a request that is lost again and again is run less and less often. */
const MOST_DOUBLINGS = 6

/** Whether a run is old enough to be run again. @param ageMs for the first run; every re-run waits twice as long */
export function isDue({ rerun, storedAt }: RequestRun, ageMs: number, now: number): boolean {
  return now - storedAt >= ageMs * 2 ** Math.min(rerun, MOST_DOUBLINGS)
}

/** An unanswered run and where it stands. */
export interface OpenRun {
  readonly run: RequestRun
  readonly standing: Exclude<RunStanding, 'done'>
}

/**
 * Picks what is to be run again. Below the floor of the workers everything unanswered is lost. Between the floor and the
 * newest delivery the broker does not say which messages workers hold, only how many: when more are unanswered there than
 * are held, some are lost, and all that are old enough are run again, which costs work and nothing else.
 * @param held messages that workers hold, read with their position
 */
export function runsToRepeat<Run extends OpenRun>(
  open: readonly Run[],
  held: number,
  ageMs: number,
  now: number,
): readonly Run[] {
  const unclear = open.filter(({ standing }) => standing === 'unclear').length
  const repeated = (standing: RunStanding) => standing === 'lost' || (standing === 'unclear' && unclear > held)
  return open.filter(({ run, standing }) => repeated(standing) && isDue(run, ageMs, now))
}
