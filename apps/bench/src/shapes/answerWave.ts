import { type BareOptions, BarePipeline } from '../bare/barePipeline.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { runKey } from '../measure/runKey.ts'
import { runWave } from '../runWave.ts'
import type { PlacedWave } from '../world/bulkRequests.ts'
import type { Pipeline } from '../world/pipeline.ts'
import { Product, type ProductOptions } from '../world/product.ts'
import type { ShapeContext } from './shape.ts'

/** The connector answers a placed wave. @param look called before it is stopped */
export async function answerByProduct(
  context: ShapeContext,
  dir: string,
  placed: PlacedWave,
  options: Omit<ProductOptions, 'profile'> = {},
  look: (product: Product) => Promise<void> = async () => {},
): Promise<RunFigures> {
  const product = await Product.start(context.world, dir, placed, { ...options, profile: context.profile })
  return answer(context, product, placed, () => look(product))
}

/** A bare pipeline answers a placed wave. */
export async function answerByBare(
  context: ShapeContext,
  dir: string,
  placed: PlacedWave,
  options: Omit<BareOptions, 'profile'>,
): Promise<RunFigures> {
  const bare = await BarePipeline.start(context.world, dir, placed, { ...options, profile: context.profile })
  return answer(context, bare, placed, async () => {})
}

async function answer(
  { world, signal, say }: ShapeContext,
  pipeline: Pipeline,
  placed: PlacedWave,
  look: () => Promise<void>,
): Promise<RunFigures> {
  try {
    const figures = await runWave({ world, pipeline, signal }, placed)
    say(runKey(figures))
    await look()
    return figures
  } finally {
    await pipeline.stop()
  }
}
