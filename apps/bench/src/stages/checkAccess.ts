import { HostAcl, KmsGeneration, Rpc } from '@kms-connector/gateway'
import { AccessCheck, HostChains } from '@kms-connector/kms-worker'
import { createLimit } from '@kms-connector/service-kit'
import { encodeFunctionData, parseAbi } from 'viem'
import { callRpcBatch } from '../world/jsonRpc.ts'
import type { Stage } from './stage.ts'

/** Requests of one batch of the worker. */
const BATCH = 64
const LANES = 4
const TIMEOUT_MS = 10_000
/** Defaults of the settings: calls of a batch, batches under way at one chain. */
const RPC_BATCH = 100
const QUESTIONS_AT_ONCE = 3_200
const YES = `0x${'1'.padStart(64, '0')}`

/** May everybody read the ciphertexts of a request? */
export const checkAccess: Stage = {
  name: 'ACL check',
  sides: {
    async bound(setup) {
      const requests = (await setup.requests()).slice(0, BATCH)
      const { hostUrl, acl } = setup.config
      const abi = parseAbi(['function isAllowedForDecryption(bytes32 handle) view returns (bool)'])
      return {
        lanes: LANES,
        async step() {
          const calls = requests.map(({ operation, payload }) => {
            const [ref] = operation.ciphertexts(payload)
            const data = encodeFunctionData({ abi, args: [ref?.handle ?? '0x'] })
            return [{ to: acl, data }, 'latest']
          })
          const answers = await callRpcBatch(hostUrl, 'eth_call', calls)
          if (answers.some(answer => answer !== YES)) throw new Error('not allowed')
          return requests.length
        },
      }
    },
    async achieved(setup) {
      const requests = (await setup.requests()).slice(0, BATCH)
      const { hostUrl, hostChainId, gatewayUrl, acl, decryption, kmsGeneration } = setup.config
      const host = new Rpc({ url: hostUrl, timeoutMs: TIMEOUT_MS, batchSize: RPC_BATCH })
      const gateway = new Rpc({ url: gatewayUrl, timeoutMs: TIMEOUT_MS, batchSize: RPC_BATCH })
      const hostChains = new HostChains([hostChainId])
      const limit = createLimit({ name: 'host', concurrency: QUESTIONS_AT_ONCE, maxQueue: QUESTIONS_AT_ONCE })
      hostChains.opened(hostChainId, { acl: new HostAcl(host, acl), limit })
      const access = new AccessCheck({
        gateway,
        decryption,
        keyGeneration: new KmsGeneration(gateway, kmsGeneration),
        hostChains,
        questionsAtOnce: RPC_BATCH,
      })
      return {
        lanes: LANES,
        async step() {
          await Promise.all(requests.map(request => access.expectAllowed(request)))
          return requests.length
        },
      }
    },
  },
}
