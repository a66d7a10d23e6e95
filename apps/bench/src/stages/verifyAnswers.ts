import { recoverSigner } from '@kms-connector/gateway'
import { CoreClient } from '@kms-connector/kms-client'
import { BIG_COMPRESSED, toCoreDomain } from '@kms-connector/protocol'
import { bareCore } from '../bare/bareCore.ts'
import { bareVerify } from '../bare/bareVerify.ts'
import type { Stage } from './stage.ts'
import { firstRequest } from './submitAndPoll.ts'

/** Answers that are verified between two looks at the clock. */
const SOME = 50

/** From the result of the KMS Core to an answer whose signer is known. */
export const verifyAnswers: Stage = {
  name: 'verify answer',
  sides: {
    async bound(setup) {
      const request = { ...setup.bareRequest(await firstRequest(setup)), id: setup.nextId() }
      const response = await bareCore(setup.config).publicDecrypt(request, [new Uint8Array(1)])
      const verify = await bareVerify(setup.config)
      return {
        lanes: 1,
        async step() {
          for (let i = 0; i < SOME; i++) verify.publicAnswer(request, response)
          return SOME
        },
      }
    },
    async achieved(setup) {
      const { operation, config, domain } = setup
      const { submit, poll } = operation
      const core = new CoreClient({ endpoints: [config.coreUrl] })
      const { payload } = await firstRequest(setup)
      const [ref] = operation.ciphertexts(payload)
      const id = setup.nextId()
      const fetched = [{ handle: ref?.handle ?? '0x', bytes: new Uint8Array(1), format: BIG_COMPRESSED }] as const
      const build = async () => operation.toCore(id, payload, fetched, toCoreDomain(domain))
      const work = { requestId: id, shardId: id, submit, poll, headers: {}, resume: false, build }
      const response = await core.run(work, new AbortController().signal)
      return {
        lanes: 1,
        async step() {
          for (let i = 0; i < SOME; i++) {
            const answer = operation.fromCore(id, payload, response)
            const signer = recoverSigner(domain, operation.signed(id, payload, answer), operation.signature(answer))
            if (signer !== config.signer) throw new Error('signature')
          }
          return SOME
        },
      }
    },
  },
}
