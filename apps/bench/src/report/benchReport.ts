import type { ShapeReport } from '../shapes/shape.ts'
import type { Machine } from './machine.ts'
import type { Verdict } from './targets.ts'

/** Everything that a run of the benchmark measured: what `--json` writes. */
export interface BenchReport {
  readonly startedAt: string
  readonly quick: boolean
  readonly machine: Machine
  readonly shapes: readonly ShapeReport[]
  readonly verdicts: readonly Verdict[]
}
