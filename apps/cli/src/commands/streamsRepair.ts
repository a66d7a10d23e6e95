import { ConnectorError, OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { topologySettings } from '@kms-connector/service-kit'
import {
  carryOutRepair,
  inspectDamage,
  type Loss,
  type RepairPlan,
  readLosses,
  repairPlan,
  topologyOf,
} from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand, JSON_OPTION, WrongUse } from '../command.ts'
import { lossLine, refuseLosses, SHORTEN_OPTION } from '../topologyLosses.ts'

export const streamsRepair = defineCommand({
  usage: '[--from-block N] [--shorten] [--dry-run] [--json] [OPTIONS]',
  describe: `
Makes the broker whole again after streams, consumers or buckets were deleted, restored from an
older copy, or lost with their volume. Stop the services first, start them afterwards.

Creates what is missing. Where requests were lost, the listener reads them from the chain again,
beginning with the block of --from-block; what is still known is refused as a duplicate. Where
answers were lost, every request that is kept is answered again and the sender begins anew; what the
chain has already costs no transaction.

Needs the settings of the services: without them it would create other streams than they expect. Where they
would lower a limit so that messages are removed, it refuses unless --shorten says that it is meant.`,
  options: {
    'from-block': {
      type: 'string',
      value: 'N',
      describe: 'block of the oldest open request; too early costs only time',
    },
    'dry-run': { type: 'boolean', describe: 'only say what is lost and what would be done' },
    ...SHORTEN_OPTION,
    ...JSON_OPTION,
  },
  async run(context, { 'from-block': fromBlock, 'dry-run': dryRun, shorten, json }) {
    const { settings } = context
    const block = fromBlock === undefined ? undefined : blockOf(fromBlock)
    const chainId = settings.gateway_chain_id
    if (chainId === undefined) throw new ConnectorError('SETTINGS_INVALID', 'gateway_chain_id is not set')
    const topology = topologyOf(OPERATIONS_V0_11, topologySettings(settings))
    const broker = await context.broker()
    const damage = await context.step('looking at the streams', () => inspectDamage(broker, topology, chainId))
    const plan = repairPlan(topology, damage)
    const losses = await context.step('comparing limits', () => readLosses(broker, topology))
    const shortens = isWhole(plan) || shorten ? [] : losses
    if (!json) context.print(...story(plan, shortens))
    if (dryRun) {
      if (json) context.printJson({ ...plan, shortens, carried_out: false })
      return isWhole(plan) ? COMMAND_EXIT.done : COMMAND_EXIT.problems
    }
    refuseLosses(shortens)
    if (plan.reread.length > 0 && block === undefined) {
      throw new WrongUse(`requests of ${plan.reread.join(', ')} were lost: say with --from-block N where to read again`)
    }
    const from = block === undefined ? undefined : { chainId, block }
    if (!isWhole(plan)) await carryOutRepair(broker, topology, plan, from, shorten ? 'shorten' : 'manage')
    if (json) context.printJson({ ...plan, shortens, carried_out: true })
    else if (!isWhole(plan)) context.print('', 'done: start the services again')
    return COMMAND_EXIT.done
  },
})

const isWhole = ({ create, reread, reanswer }: RepairPlan) => create.length + reread.length + reanswer.length === 0

function blockOf(text: string): number {
  const block = Number(text)
  if (!Number.isSafeInteger(block) || block < 1) throw new WrongUse(`--from-block "${text}" is no block number`)
  return block
}

function story(plan: RepairPlan, shortens: readonly Loss[]): readonly string[] {
  if (isWhole(plan)) return ['nothing is missing']
  const list = (title: string, names: readonly string[]) =>
    names.length === 0 ? [] : [title, ...names.map(name => `  ${name}`)]
  return [
    ...list('to be created, because it is gone:', plan.create),
    ...list('to be read from the chain again, requests of:', plan.reread),
    ...list('to be answered again, every request that is kept for:', plan.reanswer),
    ...list('limits to be lowered, which is refused without --shorten:', shortens.map(lossLine)),
    ...(plan.forgetCheckpoint ? ['the sender begins with the first answer'] : []),
  ]
}
