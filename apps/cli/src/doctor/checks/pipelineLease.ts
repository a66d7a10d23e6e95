import { readSender } from '../../request/senderFacts.ts'
import { age } from '../../table.ts'
import { type Check, fail, ok } from '../check.ts'

export const pipelineLease: Check = {
  id: 'pipeline.sender',
  group: 'pipeline',
  why: 'only the sender that holds the lease sends; without one no answer gets on chain',
  async run(context) {
    const { leader } = await readSender(await context.broker())
    if (leader === undefined) return ok('this topology knows no lease')
    if (leader === 'nobody')
      return fail('nobody holds the lease', 'start a tx-sender, or read the log of the one that runs')
    return ok(`${leader.host} (pid ${leader.pid}) for ${age(Date.now() - leader.since)}`)
  },
}
