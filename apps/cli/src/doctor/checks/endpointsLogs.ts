import { fetchLogs } from '@kms-connector/gateway'
import { TABLE } from '../../request/brokerFacts.ts'
import { type Check, ok, skipped, warn } from '../check.ts'
import { eachEndpoint } from '../eachEndpoint.ts'

export const endpointsLogs: Check = {
  id: 'endpoints.logs',
  group: 'endpoints',
  why: 'the narrower the ranges an endpoint accepts, the longer the listener takes to catch up',
  async run({ gateways, settings }) {
    const contract = settings.decryption_contract
    if (gateways.length === 0 || !contract) return skipped('decryption_contract')
    const blocks = settings.get_logs_batch_size
    return eachEndpoint(gateways, async ({ rpc }) => {
      const toBlock = Number(await rpc.quantity('eth_blockNumber'))
      const fromBlock = Math.max(0, toBlock - blocks + 1)
      const filter = { addresses: [contract.address], topics: TABLE.topics(TABLE.all), fromBlock, toBlock }
      try {
        await fetchLogs(rpc, filter)
        return ok(`eth_getLogs over ${blocks} blocks works`)
      } catch (fault) {
        const text = fault instanceof Error ? fault.message : String(fault)
        return warn(
          `eth_getLogs over ${blocks} blocks: ${text}`,
          'lower get_logs_batch_size of the listener; it shrinks by itself, too',
        )
      }
    })
  },
}
