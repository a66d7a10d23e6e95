import type { PipelineName } from '../benchOptions.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import type { BenchWorld } from '../world/benchWorld.ts'
import type { SharedProduct } from '../world/sharedProduct.ts'
import type { ShapeName } from './shapeNames.ts'

export interface ShapeContext {
  readonly world: BenchWorld
  readonly quick: boolean
  readonly requests: number | undefined
  readonly runs: readonly PipelineName[] | undefined
  readonly profile: string | undefined
  readonly soakMinutes: number
  readonly signal: AbortSignal
  /** A connector that shapes use one after the other. */
  readonly shared: SharedProduct
  /** Told what is being done. */
  readonly say: (text: string) => void
}

/** What a shape showed. */
export interface ShapeReport {
  readonly name: ShapeName
  readonly runs: readonly RunFigures[]
  /** What is compared and kept: numbers by name, medians where there were several runs. */
  readonly figures: Readonly<Record<string, number>>
  /** What was lost or done twice. */
  readonly faults: readonly string[]
}

export interface Shape {
  readonly name: ShapeName
  /** What it is, in one line. */
  readonly what: string
  /** Uses the shared connector, which is stopped before a shape that does not. */
  readonly sharesProduct?: true
  run(context: ShapeContext): Promise<ShapeReport>
}
