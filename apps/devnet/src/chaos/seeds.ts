import type { ScheduleScope } from './schedule.ts'

/** A seed that is run with the tests for ever. */
export interface PermanentSeed extends ScheduleScope {
  readonly seed: number
  /** What it showed, or what it covers. */
  readonly story: string
}

/** Every seed that ever failed has its row, as small as it still reaches what failed. */
export const PERMANENT_SEEDS: readonly PermanentSeed[] = [
  {
    seed: 1,
    requests: 60,
    kills: 4,
    story: 'One of everything: kills in all three stages, a frozen listener, a reorganisation, a broken Core.',
  },
]
