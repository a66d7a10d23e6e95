import { DEAD_LETTERS, streamIdentity } from '@kms-connector/streams'
import { type Check, ok, warn } from '../check.ts'

export const pipelineLetters: Check = {
  id: 'pipeline.dead_letters',
  group: 'pipeline',
  why: 'each dead letter is a request that this node does not answer until somebody decides',
  async run(context) {
    const { messages } = await streamIdentity(await context.broker(), DEAD_LETTERS)
    if (messages === 0) return ok('none')
    return warn(`${messages} wait for a decision`, 'kms-connector dlq ls')
  },
}
