import { readSender } from '../../request/senderFacts.ts'
import { type Check, ok, warn } from '../check.ts'

const MANY = 500

export const pipelineCheckpoint: Check = {
  id: 'pipeline.checkpoint',
  group: 'pipeline',
  why: 'answers behind the checkpoint of the sender are not settled on chain',
  async run(context) {
    const { ahead = 0 } = await readSender(await context.broker())
    const detail = `${ahead} answers are not settled`
    return ahead > MANY
      ? warn(detail, 'look at /readyz?verbose of the tx-sender; kms-connector why ID for one of them')
      : ok(detail)
  },
}
