import { requestStream, WORKER_CONSUMER } from '@kms-connector/streams'
import { TABLE } from '../../request/brokerFacts.ts'
import { type Check, fail, ok, together, warn } from '../check.ts'

const MANY = 1_000

export const natsWorkers: Check = {
  id: 'nats.workers',
  group: 'nats',
  why: 'requests wait on their streams until a kms-worker takes them',
  async run(context) {
    const { manager } = await context.broker()
    const findings = TABLE.all.map(async operation => {
      const stream = requestStream(operation)
      const { num_pending, num_ack_pending, num_waiting } = await manager.consumers.info(stream, WORKER_CONSUMER)
      const detail = `${num_pending} waiting, ${num_ack_pending} held`
      if (num_waiting === 0 && num_ack_pending === 0)
        return [
          stream,
          fail(`no worker reads it, ${detail}`, 'start a kms-worker, or read the log of the one that ended'),
        ] as const
      if (num_pending > MANY)
        return [stream, warn(detail, 'start more workers, unless the KMS Core is what limits')] as const
      return [stream, ok(detail)] as const
    })
    return together(await Promise.all(findings))
  },
}
