import { BarePipeline } from '../bare/barePipeline.ts'
import type { PipelineName } from '../benchOptions.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { runKey } from '../measure/runKey.ts'
import { sustainedFigures } from '../measure/sustainedFigures.ts'
import { runWave } from '../runWave.ts'
import type { BenchAwsKms } from '../world/awsKms.ts'
import type { PlacedWave, RequestKind } from '../world/bulkRequests.ts'
import { Product } from '../world/product.ts'
import type { Shape, ShapeContext } from './shape.ts'
import type { ShapeName } from './shapeNames.ts'

export interface SustainedLoad {
  readonly name: ShapeName
  readonly kind: RequestKind
  readonly ciphertextBytes: number
  /** Transactions are signed by AWS KMS instead of the local key. */
  readonly awsKms?: true
  /** Roughly what the bare pipeline answers in a second on two cores: with it the length of a wave is chosen. */
  readonly expectedPerSecond: number
}

const SECONDS = 60
const QUICK_SECONDS = 10
const RUNS: readonly PipelineName[] = ['bare', 'product', 'bare', 'product']
const QUICK_RUNS: readonly PipelineName[] = ['bare', 'product']

/** More requests wait than can be answered meanwhile; both pipelines answer the same ones, in turn, from the same state. */
export function sustained(load: SustainedLoad): Shape {
  const { name, kind, ciphertextBytes } = load
  return {
    name,
    what: `${kind} decryptions of ${bytesText(ciphertextBytes)}${load.awsKms ? ', signed by AWS KMS' : ''}, as fast as they go`,
    async run(context) {
      const { quick, say, signal, world } = context
      const seconds = quick ? QUICK_SECONDS : SECONDS
      const count = context.requests ?? load.expectedPerSecond * seconds
      say(`placing ${count} ${kind} decryptions`)
      const placed = await world.place(kind, count, ciphertextBytes)
      const awsKms = load.awsKms && (await world.awsKms())
      const runs: RunFigures[] = []
      for (const pipeline of context.runs ?? (quick ? QUICK_RUNS : RUNS)) {
        signal.throwIfAborted()
        if (runs.length > 0) await world.rewind()
        runs.push(await runOne(context, pipeline, placed, `${name}-${runs.length + 1}`, awsKms))
      }
      return { name, runs, figures: sustainedFigures(runs), faults: runs.flatMap(({ faults }) => faults) }
    },
  }
}

async function runOne(
  { world, say, signal, profile }: ShapeContext,
  name: PipelineName,
  placed: PlacedWave,
  dir: string,
  awsKms: BenchAwsKms | undefined,
): Promise<RunFigures> {
  const start = name === 'bare' ? BarePipeline.start : Product.start
  const pipeline = await start(world, dir, placed, { profile, awsKms })
  try {
    const figures = await runWave({ world, pipeline, signal }, placed)
    say(runKey(figures))
    return figures
  } finally {
    await pipeline.stop()
  }
}

function bytesText(bytes: number): string {
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1_000} KB`
}
