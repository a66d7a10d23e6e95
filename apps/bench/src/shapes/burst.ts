import { spanName } from '../measure/journey.ts'
import { LiveProduct } from '../world/liveProduct.ts'
import { liveWave } from './liveWave.ts'
import type { Shape } from './shape.ts'
import type { ShapeName } from './shapeNames.ts'

const CIPHERTEXT_BYTES = 5_000
/** Small bursts are repeated until as many requests tell something about percentiles. */
const ENOUGH_REQUESTS = 200
const MOST_ROUNDS = 20
/** Milliseconds between bursts: longer than the poll interval, and never the same phase of it. */
const CALM_MS = 700
const JITTER_MS = 300

/** Requests that come all at once while nothing else is to do. */
export function burst(size: number): Shape {
  const name = `burst-${size}` as ShapeName // CAST: the rows of shapes.ts are checked against the names by their test
  return {
    name,
    what: size === 1 ? 'one public decryption at a time' : `${size} public decryptions at once`,
    sharesProduct: true,
    async run(context) {
      const { world, quick, profile, shared } = context
      const live = await shared.get(() => LiveProduct.start(world, 'bursts', 'public', CIPHERTEXT_BYTES, { profile }))
      const rounds = quick ? 1 : Math.min(MOST_ROUNDS, Math.ceil(ENOUGH_REQUESTS / size))
      const { figures } = await liveWave(context, live, async until => {
        const ids: string[] = []
        for (let round = 0; round < rounds; round++) {
          ids.push(...(await live.place(size)))
          await until(ids.length)
          if (round + 1 < rounds) await new Promise(resolve => setTimeout(resolve, CALM_MS + Math.random() * JITTER_MS))
        }
        return ids
      })
      const mined = figures.latencies?.[spanName('block', 'mined')]
      const numbers = mined ? { 'mined.p50': mined.p50, 'mined.p99': mined.p99, 'mined.max': mined.max } : {}
      return { name, runs: [figures], figures: numbers, faults: figures.faults }
    },
  }
}
