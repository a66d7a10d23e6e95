import { checkBroker } from '@kms-connector/streams'
import { type Check, ok } from '../check.ts'

export const natsReachable: Check = {
  id: 'nats.reachable',
  group: 'nats',
  why: 'without NATS no service does anything',
  async run(context) {
    const broker = await context.broker()
    const begun = performance.now()
    await checkBroker(broker)
    return ok(`JetStream answered in ${Math.round(performance.now() - begun)} ms`)
  },
}
