import { type Journey, latenciesOf } from '../measure/journey.ts'
import { readJourneys } from '../measure/readJourneys.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { Observation } from '../observation.ts'
import type { LiveProduct } from '../world/liveProduct.ts'
import type { ShapeContext } from './shape.ts'

/**
 * Lets a running connector answer requests that come while it is watched.
 * @param placeAll places requests and waits for them with `until`, a count of outcomes; returns all ids
 */
export async function liveWave(
  { world, signal }: ShapeContext,
  live: LiveProduct,
  placeAll: (until: (settled: number) => Promise<void>) => Promise<string[]>,
): Promise<{ readonly figures: RunFigures; readonly journeys: readonly Journey[] }> {
  const { product, watch } = live
  const observation = await Observation.begin({ world, pipeline: product, signal })
  const ids = await placeAll(settled => observation.until(settled))
  const figures = await observation.figures(ids)
  const journeys = await readJourneys(product.broker.connection, product.streams, watch, ids)
  const unseen = ids.length - journeys.length
  const faults = unseen > 0 ? [...figures.faults, `${unseen} requests without all of their moments`] : figures.faults
  return { figures: { ...figures, latencies: latenciesOf(journeys), faults }, journeys }
}
