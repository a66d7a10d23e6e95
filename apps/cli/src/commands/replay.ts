import { identify, OPERATIONS_V0_11, type Operation, operationOf, type RequestId } from '@kms-connector/protocol'
import { messageId, newestMessage, publishOnce, requestStream, requestSubject } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand, WrongUse } from '../command.ts'
import type { CommandContext } from '../commandContext.ts'
import { readReplayFacts } from '../replayFacts.ts'

export const replay = defineCommand({
  usage: 'ID [--force] [OPTIONS]',
  describe: `
Has one request computed again: publishes it under the next free number behind its subject (.r1, .r2, ...).
Workers treat it as a new request; the KMS Core knows the id and answers from memory where it can.

A request that has an answer is left alone. With --force it is computed all the same, which is harmless:
the first answer wins, so the second is not stored and nothing more goes on chain. To send an answer again
that the sender gave up, use dlq replay.

ID is a request id in hex or decimal.`,
  takes: [1, 1],
  options: { force: { type: 'boolean', describe: 'also when it has an answer' } },
  async run(context, { force }, [text = '']) {
    const id = identify(text)
    if (id === undefined)
      throw new WrongUse(`"${text.slice(0, 80)}" is no request id: 64 hex digits, or a decimal number`)
    const operation = operationOf(OPERATIONS_V0_11, id)
    if (!operation) throw new WrongUse(`${id} is the id of no operation that this build knows`)
    const broker = await context.broker()
    const facts = await context.step('reading the request', () => readReplayFacts(broker, operation, id))
    const newest = facts.runs.toSorted((a, b) => b.rerun - a.rerun)[0]
    if (!newest) return notKept(context, operation, id)
    const settled = facts.outcome && facts.outcome.status !== 'dead'
    if ((settled || facts.answers.length > 0) && !force) {
      const how = facts.outcome ? `its outcome is ${facts.outcome.status}` : 'the sender has its answer'
      context.output.err(`${operation.name} ${id} is answered already: ${how}. --force computes it once more,\n`)
      context.output.err('without effect: the first answer wins. An answer that died is replayed by dlq replay.\n')
      return COMMAND_EXIT.problems
    }
    const subject = await context.step('publishing the re-run', async signal => {
      const from = requestSubject(operation, id, newest.rerun || undefined)
      const stored = await newestMessage(broker, requestStream(operation), from)
      if (!stored) return undefined
      const rerun = newest.rerun + 1
      const to = requestSubject(operation, id, rerun)
      const kept = Object.entries(stored.headers).filter(([name]) => !/^nats-/i.test(name))
      const headers = Object.fromEntries(kept)
      await publishOnce(broker, to, stored.body, { msgId: messageId(id, rerun), headers, signal })
      return to
    })
    if (subject === undefined) return notKept(context, operation, id)
    context.print(`published ${subject}`)
    return COMMAND_EXIT.done
  },
})

function notKept(context: CommandContext, operation: Operation, id: RequestId): typeof COMMAND_EXIT.problems {
  context.output.err(
    `${requestStream(operation)} does not hold ${id}: it is older than the stream keeps, or was never read.\n` +
      'Have its block read again: kms-connector backfill --help\n',
  )
  return COMMAND_EXIT.problems
}
