import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { topologySettings } from '@kms-connector/service-kit'
import { provision, readLosses, topologyOf } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand } from '../command.ts'
import { driftLine } from '../topologyLines.ts'
import { refuseLosses, SHORTEN_OPTION } from '../topologyLosses.ts'

export const topologyApply = defineCommand({
  usage: '[--shorten] [OPTIONS]',
  describe: `
Creates the streams, consumers and buckets that are missing on NATS and updates those that differ from the
settings (streams.*), whatever streams.provision says: for installations whose services only compare. Deletes
no stream. What the server cannot change in place is refused, with the name of the field.

Give it the settings of the services. A limit that is lower than on the server removes messages, so a shorter
age, a smaller OUTCOMES, or fewer replicas are refused unless --shorten says that it is meant.

Creating a stream that was lost does not bring back what it held: see "A lost stream" in docs/operations.md.`,
  options: SHORTEN_OPTION,
  async run(context, { shorten }) {
    const broker = await context.broker()
    const topology = topologyOf(OPERATIONS_V0_11, topologySettings(context.settings))
    if (!shorten) refuseLosses(await context.step('comparing', () => readLosses(broker, topology)))
    const mode = shorten ? 'shorten' : 'manage'
    const { created, updated } = await context.step('provisioning', () => provision(broker, topology, mode))
    for (const name of created) context.print(`created ${name}`)
    for (const drift of updated) context.print(`updated ${driftLine(drift)}`)
    const parts = topology.streams.length + topology.consumers.length
    context.print(`${parts} streams, buckets and consumers are as the settings say`)
    return COMMAND_EXIT.done
  },
})
