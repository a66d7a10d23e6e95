import { randomBytes } from 'node:crypto'
import { CoreClient } from '@kms-connector/kms-client'
import { BIG_COMPRESSED, type Request, toCoreDomain } from '@kms-connector/protocol'
import { bareCore } from '../bare/bareCore.ts'
import type { Stage } from './stage.ts'
import type { StageSetup } from './stageSetup.ts'

const LANES = 64

/** From ciphertexts in memory to the result of the KMS Core. */
export function submitAndPoll(name: string, ciphertextBytes: number): Stage {
  const bytes = randomBytes(ciphertextBytes)
  return {
    name: `submit and poll ${name}`,
    sides: {
      async bound(setup) {
        const core = bareCore(setup.config)
        const request = setup.bareRequest(await firstRequest(setup))
        return {
          lanes: LANES,
          async step() {
            await core.publicDecrypt({ ...request, id: setup.nextId() }, [bytes])
            return 1
          },
        }
      },
      async achieved(setup) {
        const { submit, poll, toCore, ciphertexts } = setup.operation
        const core = new CoreClient({ endpoints: [setup.config.coreUrl] })
        const { payload } = await firstRequest(setup)
        const domain = toCoreDomain(setup.domain)
        const fetched = ciphertexts(payload).map(({ handle }) => ({ handle, bytes, format: BIG_COMPRESSED }))
        const { signal } = new AbortController()
        return {
          lanes: LANES,
          async step() {
            const id = setup.nextId()
            const build = async () => toCore(id, payload, fetched, domain)
            await core.run({ requestId: id, shardId: id, submit, poll, headers: {}, resume: false, build }, signal)
            return 1
          },
        }
      },
    },
  }
}

export async function firstRequest(setup: StageSetup): Promise<Request> {
  const [request] = await setup.requests()
  if (!request) throw new RangeError('no request was placed')
  return request
}
