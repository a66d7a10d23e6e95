import { request } from 'undici'
import { useOf } from '../measure/processUse.ts'
import type { Part } from '../measure/runFigures.ts'
import { type Point, slopePerHour } from '../measure/slope.ts'
import { LiveProduct } from '../world/liveProduct.ts'
import type { Product } from '../world/product.ts'
import { liveWave } from './liveWave.ts'
import type { Shape, ShapeContext } from './shape.ts'

const CIPHERTEXT_BYTES = 5_000
const MS_A_MINUTE = 60_000
/** Requests of one beat and time between beats: 50 a second, far from what saturates two cores. */
const BEAT_REQUESTS = 10
const BEAT_MS = 200
const LOOK_MS = 2_000
const PARTS: readonly Part[] = ['listener', 'worker', 'sender']
const HEAP = /^nodejs_heap_size_used_bytes (\S+)$/m

/** A steady load for a long time: does memory grow with time? */
export const soak: Shape = {
  name: 'soak',
  what: 'a steady load for --soak minutes: the slope of memory',
  async run(context) {
    const { world, profile, soakMinutes, say } = context
    const live = await LiveProduct.start(world, 'soak', 'public', CIPHERTEXT_BYTES, { profile })
    try {
      say(`${(1_000 * BEAT_REQUESTS) / BEAT_MS} requests a second for ${soakMinutes} minutes`)
      const memory = new Map<string, Point[]>()
      const looking = setInterval(() => void look(live.product, memory, say), LOOK_MS)
      const load = steadyLoad(context, live, soakMinutes * MS_A_MINUTE)
      const { figures: run } = await load.finally(() => clearInterval(looking))
      const slopes = [...memory].map(([name, points]) => [`${name}.mbPerHour`, slopePerHour(points)] as const)
      return { name: 'soak', runs: [run], figures: Object.fromEntries(slopes), faults: run.faults }
    } finally {
      await live.stop()
    }
  },
}

function steadyLoad(context: ShapeContext, live: LiveProduct, forMs: number) {
  return liveWave(context, live, async until => {
    const ids: string[] = []
    const begin = performance.now()
    for (let beat = 0; performance.now() - begin < forMs; beat++) {
      context.signal.throwIfAborted()
      ids.push(...(await live.place(BEAT_REQUESTS)))
      const pause = begin + (beat + 1) * BEAT_MS - performance.now()
      await new Promise(resolve => setTimeout(resolve, Math.max(0, pause)))
    }
    await until(ids.length)
    return ids
  })
}

/** Notes resident memory of every process, and the heap that each service tells of itself. */
async function look(product: Product, memory: Map<string, Point[]>, say: (text: string) => void): Promise<void> {
  const note = (name: string, bytes: number) => {
    const points = memory.get(name) ?? []
    points.push({ at: performance.now(), value: bytes / 1e6 })
    memory.set(name, points)
  }
  try {
    for (const { name, pid } of product.processes) note(`${name}.rss`, useOf(pid).rss)
    for (const part of PARTS) {
      const { url } = await product.ready(part)
      const heap = HEAP.exec(await (await request(`${url}/metrics`)).body.text())?.[1]
      if (heap !== undefined) note(`${part}.heapUsed`, Number(heap))
    }
  } catch (fault) {
    say(`a look at memory failed: ${String(fault)}`)
  }
}
