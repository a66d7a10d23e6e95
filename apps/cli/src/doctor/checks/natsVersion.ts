import { type Check, fail, ok, warn } from '../check.ts'

export const natsVersion: Check = {
  id: 'nats.version',
  group: 'nats',
  why: 'old servers lose what they acknowledged when the machine dies, and cannot keep compare-and-set true with replicas',
  async run(context) {
    const { version, syncAlways, consistentReplicas } = (await context.broker()).features
    const { replicas } = context.settings.streams
    if (replicas > 1 && !consistentReplicas)
      return fail(`nats-server ${version} with ${replicas} replicas`, 'upgrade to nats-server 2.11 or newer')
    if (!syncAlways)
      return warn(`nats-server ${version}`, 'upgrade to nats-server 2.10.27 or newer, with sync_interval: always')
    return ok(`nats-server ${version}`)
  },
}
