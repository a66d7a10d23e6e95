import { topologySettings } from '@kms-connector/service-kit'
import { inspectDamage, topologyOf } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { type Check, fail, ok, skipped } from '../check.ts'

export const natsWhole: Check = {
  id: 'nats.whole',
  group: 'nats',
  why: 'what a broker lost, or had when an older copy was made, is believed to be done',
  async run(context) {
    const chainId = context.settings.gateway_chain_id
    if (chainId === undefined) return skipped('gateway_chain_id')
    const topology = topologyOf(TABLE.all, topologySettings(context.settings))
    const damage = await inspectDamage(await context.broker(), topology, chainId)
    const [first, ...others] = [
      ...damage.lost.map(name => `${name} is missing`),
      ...damage.cursorsAhead.map(operation => `requests of ${operation} before the cursor are gone`),
      ...damage.consumersAhead.map(name => `${name} believes to have seen more than its stream holds`),
      ...(damage.checkpointUnfit ? ['answers that the sender has read are gone'] : []),
    ]
    if (first === undefined) return ok('holds what cursors, consumers and the checkpoint say')
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    return fail(`${first}${more}`, 'see what `kms-connector streams repair --dry-run` would do')
  },
}
