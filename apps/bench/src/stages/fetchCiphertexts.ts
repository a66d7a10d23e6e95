import { CiphertextStore } from '@kms-connector/ciphertexts'
import type { Address, CiphertextRef } from '@kms-connector/protocol'
import { bareFetch } from '../bare/bareFetch.ts'
import type { Stage } from './stage.ts'
import type { StageSetup } from './stageSetup.ts'

const LANES = 32

/** From a digest to bytes that have it. */
export function fetchCiphertexts(name: string, ciphertextBytes: number): Stage {
  return {
    name: `fetch and hash ${name}`,
    ciphertextBytes,
    sides: {
      async bound(setup) {
        const refs = await refsOf(setup)
        const fetchOne = await bareFetch(Object.values(setup.config.buckets)[0] ?? '')
        return {
          lanes: LANES,
          async step() {
            await fetchOne(refs.next().digest)
            return 1
          },
        }
      },
      async achieved(setup) {
        const refs = await refsOf(setup)
        const buckets = new Map(Object.entries(setup.config.buckets) as [Address, string][]) // CAST: keys are addresses
        const store = new CiphertextStore({ bucketsOf: async () => buckets, allowPrivate: true })
        const { signal } = new AbortController()
        return {
          lanes: LANES,
          async step() {
            await store.fetch(refs.next(), signal)
            return 1
          },
        }
      },
    },
  }
}

/** @returns the ciphertexts of the placed requests, one after the other without end */
async function refsOf(setup: StageSetup): Promise<{ next(): CiphertextRef }> {
  const refs = (await setup.requests()).flatMap(({ operation, payload }) => operation.ciphertexts(payload))
  let at = 0
  const next = () => {
    const ref = refs[at++ % refs.length]
    if (!ref) throw new RangeError('there are no ciphertexts')
    return ref
  }
  return { next }
}
