import { sleep } from '@kms-connector/service-kit'
import { COMMAND_EXIT, type CommandExit, defineCommand, JSON_OPTION } from '../command.ts'
import type { CommandContext } from '../commandContext.ts'
import { TABLE } from '../request/brokerFacts.ts'
import { gatherRequestFacts } from '../request/gatherRequestFacts.ts'
import { type Subject, subjectOf } from '../request/subject.ts'
import { timelineOf } from '../request/timeline.ts'
import { timelineLines } from '../request/timelineLines.ts'
import { verdictOf } from '../request/verdict.ts'
import { verdictLines } from '../request/verdictLines.ts'

const WATCH_MS = 1_000

export const trace = defineCommand({
  usage: 'ID|TRANSACTION [--json] [--watch] [OPTIONS]',
  describe: `
Shows the whole way of one request in one timeline: its log on the Gateway, the streams, the answer of the KMS
Core, nonce and transaction, outcome, and the consensus on chain; each line with the time since the one before
and where to look next. The last lines say where it stands, as kms-connector why does. Changes nothing.`,
  takes: [1, 1],
  options: {
    ...JSON_OPTION,
    watch: { type: 'boolean', short: 'w', describe: 'print what is new every second until the request has ended' },
  },
  async run(context, { json, watch }, [text = '']) {
    const { gateway_chain_id: chainId } = context.settings
    const subject = await subjectOf(text, TABLE, chainId, () => context.gateway())
    return watch ? follow(context, subject, json) : once(context, subject, json)
  },
})

async function once(context: CommandContext, subject: Subject, json: boolean): Promise<CommandExit> {
  const facts = await gatherRequestFacts(context, subject)
  const [entries, verdict] = [timelineOf(facts), verdictOf(facts)]
  if (json) {
    context.printJson({ id: facts.id, operation: facts.operation, timeline: entries, verdict, gaps: facts.gaps })
  } else {
    context.print(...timelineLines(entries, context.output.columns), '', ...verdictLines(facts, verdict))
  }
  return verdict.status === 'stuck' || verdict.status === 'unknown' ? COMMAND_EXIT.problems : COMMAND_EXIT.done
}

/** Prints every entry and every verdict once, as they come; with JSON one object a line. */
async function follow(context: CommandContext, subject: Subject, json: boolean): Promise<CommandExit> {
  const seen = new Set<string>()
  for (let known = ''; ; ) {
    const facts = await gatherRequestFacts(context, subject)
    const verdict = verdictOf(facts)
    const fresh = timelineOf(facts).filter(entry => !seen.has(`${entry.by} ${entry.what}`))
    for (const entry of fresh) seen.add(`${entry.by} ${entry.what}`)
    if (json) for (const entry of fresh) context.print(JSON.stringify(entry))
    else if (fresh.length > 0) context.print(...timelineLines(fresh, context.output.columns).slice(1))
    const text = `${verdict.status}: ${verdict.code}`
    if (text !== known) context.print(...(json ? [JSON.stringify({ verdict })] : verdictLines(facts, verdict).slice(1)))
    known = text
    if (verdict.status === 'done' || verdict.code === 'DEAD_LETTER') {
      return verdict.status === 'done' ? COMMAND_EXIT.done : COMMAND_EXIT.problems
    }
    await sleep(WATCH_MS)
  }
}
