import { requestStream, WORKER_CONSUMER } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { type Check, ok, together, warn } from '../check.ts'

export const natsAckPending: Check = {
  id: 'nats.ack_pending',
  group: 'nats',
  why: 'workers beyond max_ack_pending / max_in_flight stay idle',
  async run(context) {
    const { manager } = await context.broker()
    const { max_in_flight: each } = context.settings
    const decryptions = TABLE.all.filter(({ group }) => group === 'decryption')
    const findings = decryptions.map(async operation => {
      const stream = requestStream(operation)
      const { config, num_waiting: workers } = await manager.consumers.info(stream, WORKER_CONSUMER)
      const most = config.max_ack_pending ?? 0
      const detail = `${most} may be held, ${workers} waiting workers with ${each} each`
      const fix = 'raise streams.decryption_max_ack_pending, or lower max_in_flight'
      return [stream, most < workers * each ? warn(detail, fix) : ok(detail)] as const
    })
    return together(await Promise.all(findings))
  },
}
