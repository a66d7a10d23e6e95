import { OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import { type Broker, DEAD_LETTERS, removeMessage } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand, WrongUse } from '../command.ts'
import type { CommandContext } from '../commandContext.ts'
import { selectLetters } from '../letterKeys.ts'
import { type Letter, MOST_READ, readLetters } from '../letters.ts'
import { prepareReplay, publishReplay, type ReplayContext } from '../replayLetter.ts'

/** Letters replayed at once. */
const AT_ONCE = 8

export const dlqReplay = defineCommand({
  usage: 'KEY... | --reason CODE | --all [--dry-run] [--force] [OPTIONS]',
  describe: `
Gives what died another chance, after the cause is gone: a request is published again as a re-run (.r1,
.r2, ...), an answer as a replay that the sender reads anew, a log is decoded again. A letter goes only
after its replay is certain to be stored, so the command may be killed and repeated at any point. What
has been answered or published again since is only removed. Traces go on under the same id.

KEY is the number of a letter, or the id of a request for all of its letters.
Exit code 2: some letters could not be replayed; they are kept and the reason is printed.`,
  takes: [0, Number.MAX_SAFE_INTEGER],
  options: {
    reason: { type: 'string', value: 'CODE', describe: 'every letter of this fault' },
    all: { type: 'boolean', describe: 'every letter' },
    'dry-run': { type: 'boolean', describe: 'say what would be done, and do nothing' },
    force: { type: 'boolean', describe: 'also the second of two requests with one id, unless the first is answered' },
  },
  async run(context, options, keys) {
    if ([keys.length > 0, options.reason !== undefined, options.all].filter(Boolean).length !== 1)
      throw new WrongUse('say which letters: KEY..., or --reason CODE, or --all')
    const broker = await context.broker()
    const letters = await context.step('reading DEAD_LETTERS', signal => readLetters(broker, MOST_READ, signal))
    const chosen = choose(letters, keys, options.reason?.toUpperCase())
    const replaying: ReplayContext = {
      broker,
      table: new OperationTable(OPERATIONS_V0_11),
      chainId: context.settings.gateway_chain_id,
      force: options.force,
    }
    const counts = { done: 0, overtaken: 0, refused: 0 }
    for (let i = 0; i < chosen.length; i += AT_ONCE) {
      const some = chosen.slice(i, i + AT_ONCE)
      const ends = await Promise.all(some.map(letter => replayOne(context, replaying, letter, options['dry-run'])))
      for (const end of ends) counts[end]++
    }
    const would = options['dry-run'] ? 'to replay' : 'replayed'
    context.print(`${counts.done} ${would}, ${counts.overtaken} overtaken, ${counts.refused} kept`)
    return counts.refused === 0 ? COMMAND_EXIT.done : COMMAND_EXIT.problems
  },
})

function choose(letters: readonly Letter[], keys: readonly string[], reason: string | undefined): readonly Letter[] {
  if (reason !== undefined) return letters.filter(({ code }) => code === reason)
  if (keys.length === 0) return letters
  const { chosen, unknown } = selectLetters(letters, keys)
  if (unknown.length > 0) throw new WrongUse(`no dead letter is called ${unknown.join(', ')}; dlq ls lists them`)
  return chosen
}

/** Publish first, remove second: a crash in between leaves a letter that the next replay finds overtaken. */
async function replayOne(
  context: CommandContext,
  replaying: ReplayContext,
  letter: Letter,
  dryRun: boolean,
): Promise<'done' | 'overtaken' | 'refused'> {
  const { broker } = replaying
  const what = `letter ${letter.seq}`
  const replay = await context.step(`looking up ${what}`, () => prepareReplay(replaying, letter))
  if (replay.kind === 'refused') {
    context.print(`${what}: kept, ${replay.why}`)
    return 'refused'
  }
  if (replay.kind === 'publish') {
    if (!dryRun) await context.step(`replaying ${what}`, signal => publishReplay(broker, replay, signal))
    context.print(`${what}: ${dryRun ? 'would be ' : ''}published as ${replay.subject}`)
  } else {
    context.print(`${what}: ${dryRun ? 'would only be' : 'only'} removed, ${replay.why}`)
  }
  if (!dryRun) await removeLetter(context, broker, letter)
  return replay.kind === 'publish' ? 'done' : 'overtaken'
}

function removeLetter(context: CommandContext, broker: Broker, { seq }: Letter): Promise<void> {
  return context.step(`removing letter ${seq}`, signal => removeMessage(broker, DEAD_LETTERS, seq, signal))
}
