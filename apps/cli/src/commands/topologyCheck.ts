import { OPERATIONS_V0_11, toConnectorError } from '@kms-connector/protocol'
import { topologySettings } from '@kms-connector/service-kit'
import { provision, topologyOf } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand } from '../command.ts'
import { driftLine } from '../topologyLines.ts'

export const topologyCheck = defineCommand({
  usage: '[OPTIONS]',
  describe: `
Compares the streams, consumers and buckets on NATS with the settings and changes nothing. Exit code 2 when
something is missing or differs.`,
  options: {},
  async run(context) {
    const broker = await context.broker()
    const topology = topologyOf(OPERATIONS_V0_11, topologySettings(context.settings))
    try {
      const { drifted } = await context.step('comparing', () => provision(broker, topology, 'verify'))
      for (const drift of drifted) context.print(driftLine(drift))
      if (drifted.length > 0) return COMMAND_EXIT.problems
    } catch (fault) {
      const error = toConnectorError(fault)
      if (error.code !== 'TOPOLOGY_DRIFT') throw fault
      context.print(error.message, error.hint)
      return COMMAND_EXIT.problems
    }
    const parts = topology.streams.length + topology.consumers.length
    context.print(`${parts} streams, buckets and consumers are as the settings say`)
    return COMMAND_EXIT.done
  },
})
