import { RESPONSES, requestStream } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { type Check, fail, ok, warn } from '../check.ts'

export const natsReplicas: Check = {
  id: 'nats.replicas',
  group: 'nats',
  why: 'with one copy, the death of one machine or disk loses answers that the sender has not sent',
  async run(context) {
    const { manager } = await context.broker()
    const streams = [...TABLE.all.map(requestStream), RESPONSES]
    const infos = await Promise.all(streams.map(name => manager.streams.info(name)))
    const behind = infos.flatMap(({ config, cluster }) =>
      (cluster?.replicas ?? [])
        .filter(({ current, offline }) => !current || offline)
        .map(({ name }) => `${config.name} on ${name}`),
    )
    if (behind.length > 0)
      return fail(
        `copies that are not current: ${behind.join(', ')}`,
        'look at the nats-server named; nats stream report shows all',
      )
    const fewest = Math.min(...infos.map(({ config }) => config.num_replicas))
    if (fewest < 3)
      return warn(
        `${fewest} ${fewest === 1 ? 'copy' : 'copies'} of each stream`,
        'three servers on separate machines and streams.replicas = 3, for production',
      )
    return ok(`${fewest} copies of each stream, all current`)
  },
}
