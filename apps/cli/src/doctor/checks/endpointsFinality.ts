import { FinalHead, fetchHeader } from '@kms-connector/gateway'
import { type Check, ok, skipped, warn } from '../check.ts'
import { eachEndpoint } from '../eachEndpoint.ts'

export const endpointsFinality: Check = {
  id: 'endpoints.finality',
  group: 'endpoints',
  why: 'the listener reads only what is final under its settings; an endpoint without the tag stops it',
  async run({ gateways, settings }) {
    if (gateways.length === 0) return skipped('gateway_url')
    return eachEndpoint(gateways, async ({ rpc }) => {
      const wanted = [settings.decryption_finality, settings.key_management_finality]
      const reached = await Promise.all(wanted.map(finality => new FinalHead(finality).read(rpc)))
      const finalized = await fetchHeader(rpc, 'finalized').catch(() => undefined)
      const detail = `decryptions are read up to ${reached[0]}, key operations up to ${reached[1]}`
      if (finalized) return ok(`${detail}; finalized is ${finalized.number}`)
      return warn(
        `${detail}; the node does not know "finalized"`,
        'nothing, as long as no finality of the settings is safe or finalized',
      )
    })
  },
}
