import type { RunFigures } from './measure/runFigures.ts'
import { Observation, type Observed } from './observation.ts'
import type { PlacedWave } from './world/bulkRequests.ts'

/**
 * Lets a started pipeline answer a wave that waits for it, and looks what came of every request.
 * @throws Error when the wave is not answered; the reason of the signal
 */
export async function runWave(observed: Observed, { count, ids }: PlacedWave): Promise<RunFigures> {
  const observation = await Observation.begin(observed)
  await observed.pipeline.listen()
  await observation.until(count)
  return observation.figures(ids)
}
