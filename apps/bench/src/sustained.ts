import { BARE_STREAMS, BarePipeline } from './bare/barePipeline.ts'
import { type Rate, rateOf } from './measure/rates.ts'
import { type Sample, type Stage, sampleUntil } from './measure/sample.ts'
import type { BenchWorld } from './world/benchWorld.ts'
import type { RequestKind } from './world/bulkRequests.ts'
import { Product, type ProductOptions, productStreams } from './world/product.ts'

export interface SustainedShape {
  readonly kind: RequestKind
  readonly count: number
  readonly ciphertextBytes: number
}

export const STAGE_PROCESS = [
  ['published', 'listener'],
  ['answered', 'worker'],
  ['settled', 'sender'],
] as const satisfies readonly (readonly [Stage, string])[]

export interface SustainedResult {
  readonly rates: Readonly<Record<'listener' | 'worker' | 'sender', Rate>>
  readonly samples: readonly Sample[]
}

export async function sustainedProduct(
  world: BenchWorld,
  name: string,
  shape: SustainedShape,
  options: ProductOptions = {},
): Promise<SustainedResult> {
  const wave = await world.place(shape.kind, shape.count, shape.ciphertextBytes)
  const product = await Product.start(world, name, options)
  try {
    const streams = productStreams(shape.kind)
    await product.listen(wave.fromBlock)
    const samples = await sampleUntil(
      product.manager,
      streams,
      [...product.processes, ...world.surroundings],
      shape.count,
    )
    return { rates: ratesOf(samples, shape.count), samples }
  } finally {
    await product.stop()
  }
}

export async function sustainedBare(world: BenchWorld, name: string, shape: SustainedShape): Promise<SustainedResult> {
  const wave = await world.place(shape.kind, shape.count, shape.ciphertextBytes)
  const bare = await BarePipeline.start(world, name, wave)
  try {
    await bare.listen()
    const samples = await sampleUntil(
      bare.manager,
      BARE_STREAMS,
      [...bare.processes, ...world.surroundings],
      shape.count,
    )
    return { rates: ratesOf(samples, shape.count), samples }
  } finally {
    await bare.stop()
  }
}

function ratesOf(samples: readonly Sample[], count: number): SustainedResult['rates'] {
  const [listener, worker, sender] = STAGE_PROCESS.map(([stage, process]) => rateOf(samples, stage, process, count))
  if (!listener || !worker || !sender) throw new RangeError('a stage has no rate')
  return { listener, worker, sender }
}
