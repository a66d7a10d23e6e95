import { answerByProduct } from './answerWave.ts'
import type { Shape } from './shape.ts'

const CIPHERTEXT_BYTES = 1_000_000
const REQUESTS = 1_000
const QUICK_REQUESTS = 300
/** How long the KMS Core takes to accept one: long enough that all ciphertexts there is room for are in flight together. */
const DELAY_MS = 2_000
const MIB = 1_048_576

/** Large ciphertexts by the hundred, in front of a KMS Core that is slow to accept them. */
export const inFlight: Shape = {
  name: 'in-flight-1m',
  what: '1000 requests with ciphertexts of 1 MB in flight at once: the memory of the worker',
  async run(context) {
    const { world, quick, say } = context
    const count = context.requests ?? (quick ? QUICK_REQUESTS : REQUESTS)
    say(`placing ${count} public decryptions`)
    const placed = await world.place('public', count, CIPHERTEXT_BYTES)
    const core = await world.slowCore(DELAY_MS)
    try {
      const worker = { MAX_IN_FLIGHT: String(REQUESTS) }
      const run = await answerByProduct(context, 'in-flight', placed, { urls: { core: core.url ?? '' }, worker })
      const peak = run.processes.find(({ name }) => name === 'worker')?.peakRssMb ?? Number.NaN
      return { name: 'in-flight-1m', runs: [run], figures: { 'worker.peakRssMb': peak }, faults: run.faults }
    } finally {
      await core.stop()
    }
  },
}

/** Ciphertexts that the settings allow a worker to hold: being received, received, and the one request that is never held up. */
const CIPHERTEXTS_MB = ((256 + 512 + 96) * MIB) / 1e6
/** What a worker may need beside them: its ceiling under sustained load. */
const REST_MB = 350

/** Megabytes of resident memory that default settings promise. */
export const IN_FLIGHT_CEILING_MB = Math.floor(CIPHERTEXTS_MB + REST_MB)
