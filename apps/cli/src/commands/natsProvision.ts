import { OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import { topologySettings } from '@kms-connector/service-kit'
import { provision, topologyOf } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand, JSON_OPTION } from '../command.ts'

export const natsProvision = defineCommand({
  usage: '[--json] [OPTIONS]',
  describe: `
Creates the streams, consumers and buckets of the settings, or brings those that exist in line with
them; deletes nothing. For brokers where the services may not do it themselves: give the seed of
topology as nats_nkey_seed_file, and to the services streams.provision = "verify".`,
  options: JSON_OPTION,
  async run(context, { json }) {
    const broker = await context.broker()
    const topology = topologyOf(new OperationTable(OPERATIONS_V0_11).all, topologySettings(context.settings))
    const report = await context.step('provisioning', () => provision(broker, topology))
    if (json) {
      context.printJson(report)
      return COMMAND_EXIT.done
    }
    const { created, updated } = report
    context.print(...created.map(name => `created ${name}`))
    context.print(
      ...updated.map(({ name, field, expected, found }) => `updated ${name}: ${field} ${found} -> ${expected}`),
    )
    if (created.length + updated.length === 0) context.print('everything is as the settings say')
    return COMMAND_EXIT.done
  },
})
