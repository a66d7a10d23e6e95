import type { ScheduleScope } from './schedule.ts'

/** A seed that is run with the tests for ever. */
export interface PermanentSeed {
  readonly seed: number
  /** As it failed. */
  readonly full: ScheduleScope
  /** As the tests run it: their time is everybody's. */
  readonly reduced: ScheduleScope
  /** What it covers, or what it found. */
  readonly story: string
}

const FULL: ScheduleScope = { requests: 500, kills: 25 }
const SMALL: ScheduleScope = { requests: 30, kills: 2 }

/** Every seed that ever failed has its row, beside a test of its own for what it found. */
export const PERMANENT_SEEDS: readonly PermanentSeed[] = [
  {
    seed: 1,
    full: FULL,
    reduced: { requests: 60, kills: 4 },
    story: 'some of everything',
  },
  {
    seed: 2,
    full: FULL,
    reduced: SMALL,
    story:
      'a lie about the first nonce left a gap that a full window kept open; and null from a node at its start made a worker end for good',
  },
  {
    seed: 7,
    full: FULL,
    reduced: SMALL,
    story:
      'a frozen sender woke up with a write of the checkpoint on its way, and the holder of the lease ended for good',
  },
]
