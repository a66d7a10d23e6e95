import { RpcError } from '@kms-connector/gateway'
import { type Check, ok, skipped } from '../check.ts'
import { eachEndpoint } from '../eachEndpoint.ts'

const NO_METHOD = -32601

export const endpointsSyncSend: Check = {
  id: 'endpoints.sync_send',
  group: 'endpoints',
  why: 'with eth_sendRawTransactionSync the receipt comes with the answer of the node, without it is polled for',
  async run({ gateways }) {
    if (gateways.length === 0) return skipped('gateway_url')
    return eachEndpoint(gateways, async ({ rpc }) => {
      try {
        // No transaction at all: a node that knows the method refuses the bytes.
        await rpc.raw('eth_sendRawTransactionSync', ['0x'])
        return ok('offered')
      } catch (fault) {
        if (!(fault instanceof RpcError)) throw fault
        return ok(fault.code === NO_METHOD ? 'not offered, receipts are polled for' : 'offered')
      }
    })
  },
}
