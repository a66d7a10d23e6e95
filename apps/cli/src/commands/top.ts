import { parseDuration, sleep } from '@kms-connector/service-kit'
import { COMMAND_EXIT, defineCommand, WrongUse } from '../command.ts'
import { type NodeFacts, readNode } from '../node/nodeFacts.ts'
import { Screen } from '../node/screen.ts'
import { numbers, topLines } from '../node/topLines.ts'

export const top = defineCommand({
  usage: '[--endpoint URL]... [--interval TIME] [--count N] [OPTIONS]',
  describe: `
A live dashboard of this node: head lag, answers a second, oldest open request, latency of the KMS Core, window
and next nonce, wallet, dead letters, lease, and what would page you next. q quits. Without a terminal it
prints one line an interval. Changes nothing.`,
  options: {
    endpoint: {
      type: 'string',
      short: 'e',
      multiple: true,
      value: 'URL',
      describe: 'monitoring of a service, for the latency of the KMS Core',
    },
    interval: { type: 'string', value: 'TIME', describe: 'pause between two looks; 1s by default' },
    count: { type: 'string', short: 'n', value: 'N', describe: 'end after so many looks' },
  },
  async run(context, { endpoint, interval, count }) {
    const pauseMs = parseDuration(interval ?? '1s')
    const looks = count === undefined ? Number.POSITIVE_INFINITY : Number(count)
    if (!pauseMs || pauseMs < 100) throw new WrongUse('--interval must be a time of 100ms at least')
    if (!(looks >= 1)) throw new WrongUse('--count must be a number from 1')
    const screen = context.output.columns === undefined ? undefined : new Screen(process.stdin, process.stdout)
    let before: NodeFacts | undefined
    try {
      for (let look = 1; look <= looks && !screen?.quit.aborted; look++) {
        const facts = await readNode(context, endpoint)
        const rate = before && rateOf(before, facts)
        if (screen) screen.show((columns, rows) => topLines(facts, rate, columns, rows))
        else context.print(plainLine(facts, rate))
        before = facts
        if (look < looks) await sleep(pauseMs, screen?.quit).catch(() => {})
      }
    } finally {
      screen?.close()
    }
    return COMMAND_EXIT.done
  },
})

function rateOf(before: NodeFacts, { answersStored, now }: NodeFacts): number | undefined {
  if (answersStored === undefined || before.answersStored === undefined) return undefined
  return (1000 * (answersStored - before.answersStored)) / Math.max(1, now - before.now)
}

function plainLine(facts: NodeFacts, rate: number | undefined): string {
  const time = new Date(facts.now).toISOString()
  return [time, ...numbers(facts, rate).map(([name, text]) => `${name}: ${text}`)].join('; ')
}
