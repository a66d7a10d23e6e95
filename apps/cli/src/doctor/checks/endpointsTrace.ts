import { RpcError } from '@kms-connector/gateway'
import { type Check, ok, skipped } from '../check.ts'
import { eachEndpoint } from '../eachEndpoint.ts'

const NO_METHOD = -32601
const NOBODY = `0x${'0'.repeat(40)}`

export const endpointsTrace: Check = {
  id: 'endpoints.trace',
  group: 'endpoints',
  why: 'a node with debug_traceCall can tell why a transaction reverted',
  async run({ gateways }) {
    if (gateways.length === 0) return skipped('gateway_url')
    return eachEndpoint(gateways, async ({ rpc }) => {
      try {
        await rpc.raw('debug_traceCall', [{ to: NOBODY }, 'latest', { tracer: 'callTracer' }])
        return ok('offered')
      } catch (fault) {
        if (!(fault instanceof RpcError)) throw fault
        return ok(
          fault.code === NO_METHOD ? 'not offered; the connector does not need it' : `not offered (${fault.message})`,
        )
      }
    })
  },
}
