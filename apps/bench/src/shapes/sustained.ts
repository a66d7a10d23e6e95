import type { PipelineName } from '../benchOptions.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { sustainedFigures } from '../measure/sustainedFigures.ts'
import type { RequestKind } from '../world/bulkRequests.ts'
import { answerByBare, answerByProduct } from './answerWave.ts'
import type { Shape } from './shape.ts'
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
const QUICK_SECONDS = 7
const RUNS: readonly PipelineName[] = ['bare', 'product', 'lean', 'bare', 'product']
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
        const dir = `${name}-${runs.length + 1}`
        runs.push(
          pipeline === 'product'
            ? await answerByProduct(context, dir, placed, { awsKms })
            : await answerByBare(context, dir, placed, { lean: pipeline === 'lean', awsKms }),
        )
      }
      return { name, runs, figures: sustainedFigures(runs), faults: runs.flatMap(({ faults }) => faults) }
    },
  }
}

function bytesText(bytes: number): string {
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1_000} KB`
}
