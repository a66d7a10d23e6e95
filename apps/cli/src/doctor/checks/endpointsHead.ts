import { fetchHeader } from '@kms-connector/gateway'
import { age } from '../../table.ts'
import { type Check, fail, ok, skipped, warn } from '../check.ts'
import { eachEndpoint } from '../eachEndpoint.ts'

const STALE_MS = 60_000
const BEHIND_BLOCKS = 20

export const endpointsHead: Check = {
  id: 'endpoints.head',
  group: 'endpoints',
  why: 'what an endpoint has not seen yet is not answered',
  async run({ gateways }) {
    if (gateways.length === 0) return skipped('gateway_url')
    const heads = await Promise.all(gateways.map(({ rpc }) => rpc.quantity('eth_blockNumber').catch(() => 0n)))
    const best = Math.max(...heads.map(Number))
    return eachEndpoint(gateways, async ({ rpc }) => {
      const header = await fetchHeader(rpc, 'latest')
      if (!header) return fail('it has no head', 'wait until the node is synchronised, or use another one')
      const behind = best - header.number
      const old = Date.now() - header.timestamp * 1000
      const detail = `head ${header.number}, ${age(old)} old`
      if (behind > BEHIND_BLOCKS)
        return fail(
          `${detail}, ${behind} blocks behind another endpoint`,
          'repair the node or put another endpoint first in gateway_url',
        )
      if (old > STALE_MS) return warn(detail, 'compare with a block explorer: the node lags, or the chain stands still')
      return ok(detail)
    })
  },
}
