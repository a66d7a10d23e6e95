import { encodeOutcome, isRequestId, type RequestId } from '@kms-connector/protocol'
import { type Broker, DEAD_LETTERS, outcomeSubject, publishOnce, removeMessage } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand, WrongUse } from '../command.ts'
import { selectLetters } from '../letterKeys.ts'
import { type Letter, MOST_READ, readLetters } from '../letters.ts'
import { readReplayFacts } from '../replayFacts.ts'

const LONGEST_NOTE = 500

export const dlqDrop = defineCommand({
  usage: 'KEY --reason TEXT [OPTIONS]',
  describe: `
Removes dead letters for good: what they hold will not be answered by this node. The outcome "dead" with
your reason stays on OUTCOMES for as long as outcomes are kept, and keeps the reconciler of gw-listener
from having the request computed again.

KEY is the number of a letter, or the id of a request for all of its letters.`,
  takes: [1, 1],
  options: { reason: { type: 'string', value: 'TEXT', describe: 'why, for whoever asks later' } },
  async run(context, { reason }, [key = '']) {
    const note = reason?.trim()
    if (!note) throw new WrongUse('--reason TEXT is missing: say why')
    if (note.length > LONGEST_NOTE) throw new WrongUse(`--reason has more than ${LONGEST_NOTE} characters`)
    const broker = await context.broker()
    const letters = await context.step('reading DEAD_LETTERS', signal => readLetters(broker, MOST_READ, signal))
    const { chosen } = selectLetters(letters, [key])
    if (chosen.length === 0) throw new WrongUse(`no dead letter is called "${key}"; dlq ls lists them`)
    for (const letter of chosen) {
      await context.step('storing the outcome', signal => storeOutcome(broker, letter, note, signal))
      await context.step('removing the letter', signal => removeMessage(broker, DEAD_LETTERS, letter.seq, signal))
      context.print(`letter ${letter.seq}: dropped, ${letter.code}, ${letter.operation} ${letter.key}`)
    }
    return COMMAND_EXIT.done
  },
})

/** Only for what nothing has overtaken: a run or an answer under way tells its own end. */
async function storeOutcome(broker: Broker, letter: Letter, note: string, signal: AbortSignal): Promise<void> {
  const { operation: name, key, code, storedAt } = letter
  if (!isRequestId(key)) return
  const id: RequestId = key
  const { runs, answers, outcome } = await readReplayFacts(broker, { name }, id)
  const isOver = outcome ? outcome.status !== 'dead' : answers.length > 0
  if (isOver || [...runs, ...answers].some(run => run.storedAt > storedAt)) return
  const ending = {
    operation: name,
    id,
    status: 'dead',
    reason: code,
    note,
    attempts: 0,
    settledAt: Date.now(),
  } as const
  await publishOnce(broker, outcomeSubject({ name }, id), encodeOutcome(ending), {
    msgId: `${id}.dropped.${letter.seq}`,
    signal,
  })
}
