import { topologySettings } from '@kms-connector/service-kit'
import { provision, topologyOf } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { type Check, ok, warn } from '../check.ts'

export const natsTopology: Check = {
  id: 'nats.topology',
  group: 'nats',
  why: 'a stream with other settings can drop requests, or forget which ones are known',
  async run(context) {
    const topology = topologyOf(TABLE.all, topologySettings(context.settings))
    const { drifted } = await provision(await context.broker(), topology, 'verify')
    const [first] = drifted
    if (!first)
      return ok(`${topology.streams.length} streams and ${topology.consumers.length} consumers are as the settings say`)
    const { name, field, found, expected } = first
    const more = drifted.length > 1 ? ` and ${drifted.length - 1} more` : ''
    const fix = 'correct the settings given here, or run `kms-connector topology apply` with those of the services'
    return warn(`${name}: ${field} is ${found}, the settings say ${expected}${more}`, fix)
  },
}
