import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { topologySettings } from '@kms-connector/service-kit'
import { provision, topologyOf } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand } from '../command.ts'
import { driftLine } from '../topologyLines.ts'

export const topologyApply = defineCommand({
  usage: '[OPTIONS]',
  describe: `
Creates the streams, consumers and buckets that are missing on NATS and updates those that differ from the
settings (streams.*), whatever streams.provision says: for installations whose services only compare. Deletes
nothing. What the server cannot change in place is refused, with the name of the field.

Creating a stream that was lost does not bring back what it held: see "A lost stream" in docs/operations.md.`,
  options: {},
  async run(context) {
    const broker = await context.broker()
    const topology = topologyOf(OPERATIONS_V0_11, topologySettings(context.settings))
    const { created, updated } = await context.step('provisioning', () => provision(broker, topology, 'manage'))
    for (const name of created) context.print(`created ${name}`)
    for (const drift of updated) context.print(`updated ${driftLine(drift)}`)
    const parts = topology.streams.length + topology.consumers.length
    context.print(`${parts} streams, buckets and consumers are as the settings say`)
    return COMMAND_EXIT.done
  },
})
