import { COMMAND_EXIT, defineCommand, JSON_OPTION, WrongUse } from '../command.ts'
import { selectLetters } from '../letterKeys.ts'
import { MOST_READ, readLetters } from '../letters.ts'
import { letterText } from '../letterText.ts'

export const dlqShow = defineCommand({
  usage: 'KEY [--json] [OPTIONS]',
  describe: `
Prints dead letters whole: what happened, what to do, every attempt that is known, and the message with
its headers. Changes nothing.

KEY is the number of a letter as dlq ls shows it, or the id of a request, in hex or decimal, for all of
its letters.`,
  takes: [1, 1],
  options: JSON_OPTION,
  async run(context, { json }, [key = '']) {
    const broker = await context.broker()
    const letters = await context.step('reading DEAD_LETTERS', signal => readLetters(broker, MOST_READ, signal))
    const { chosen } = selectLetters(letters, [key])
    if (chosen.length === 0) throw new WrongUse(`no dead letter is called "${key}"; dlq ls lists them`)
    if (json) {
      context.printJson(
        chosen.map(({ content, ...place }) => ({
          ...place,
          ...content,
          ...(content ? { body: Buffer.from(content.body).toString('utf8') } : {}),
        })),
      )
      return COMMAND_EXIT.done
    }
    for (const [i, letter] of chosen.entries()) {
      if (i > 0) context.print('')
      context.print(...letterText(letter, Date.now()))
    }
    return COMMAND_EXIT.done
  },
})
