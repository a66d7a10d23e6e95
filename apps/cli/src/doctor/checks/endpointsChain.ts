import { expectChainId } from '@kms-connector/gateway'
import { type Check, skipped } from '../check.ts'
import { eachEndpoint } from '../eachEndpoint.ts'

export const endpointsChain: Check = {
  id: 'endpoints.chain',
  group: 'endpoints',
  why: 'an endpoint of another chain has other requests under the same ids',
  async run({ endpoints }) {
    if (endpoints.length === 0) return skipped('gateway_url')
    return eachEndpoint(endpoints, async ({ rpc, chainId }) => {
      await expectChainId(rpc, chainId)
      return { status: 'ok', detail: `chain ${chainId}` }
    })
  },
}
