import { Reconciler } from '@kms-connector/gw-listener'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { parseDuration } from '@kms-connector/service-kit'
import { COMMAND_EXIT, defineCommand, JSON_OPTION, WrongUse } from '../command.ts'
import { age, table } from '../table.ts'

const DEFAULT_AGE = '10m'

export const reconcile = defineCommand({
  usage: '[--dry-run] [--age TIME] [--json] [OPTIONS]',
  describe: `
Looks once, as gw-listener does all the time, for requests that were acknowledged but neither answered nor
given up, and publishes them again under the next number behind their subject. Names answers behind the
checkpoint of the sender that have no outcome, of which there should be none.

Exit code 2: something was found.`,
  options: {
    'dry-run': { type: 'boolean', describe: 'say what was found, and change nothing' },
    age: { type: 'string', value: 'TIME', describe: 'leave younger requests alone; 10m by default' },
    ...JSON_OPTION,
  },
  async run(context, { 'dry-run': dryRun, age: text = DEFAULT_AGE, json }) {
    const ageMs = parseDuration(text)
    if (!ageMs) throw new WrongUse(`--age "${text}" is no time such as 500ms, 10m or 1h`)
    const { response_age: provenMs, outcome_age: outcomeAgeMs } = context.settings.streams
    const broker = await context.broker()
    const reconciler = new Reconciler(broker, OPERATIONS_V0_11, { ageMs, provenMs, outcomeAgeMs })
    let finding = await context.step('reconciling', signal => reconciler.look(signal, false))
    while (finding.more) finding = await context.step('reconciling', signal => reconciler.look(signal, false))
    const rows: { readonly operation: string; readonly id: string; readonly since: string; readonly done: string }[] =
      []
    for (const { operation, request } of finding.lost) {
      const repeat = (signal: AbortSignal) => reconciler.repeat(operation, request, signal)
      const subject = dryRun ? undefined : await context.step('publishing', repeat)
      const done = dryRun
        ? 'would be run again'
        : subject
          ? `published ${subject.split('.').at(-1)}`
          : 'run again already'
      rows.push({ operation: operation.name, id: request.id, since: age(Date.now() - request.run.storedAt), done })
    }
    if (json) context.printJson({ lost: rows, unsettled: finding.unsettled, open: Object.fromEntries(finding.open) })
    else {
      const open = [...finding.open.values()].reduce((a, b) => a + b, 0)
      context.print(`${rows.length} lost, ${open} unanswered, ${finding.unsettled.length} answers without an outcome`)
      const columns = [
        { title: 'OPERATION', cell: (row: (typeof rows)[number]) => row.operation },
        { title: 'REQUEST', cell: (row: (typeof rows)[number]) => row.id, shrink: true },
        { title: 'AGE', cell: (row: (typeof rows)[number]) => row.since, right: true },
        { title: '', cell: (row: (typeof rows)[number]) => row.done },
      ]
      if (rows.length > 0) context.print(...table(columns, rows, context.output.columns))
      context.print(...finding.unsettled.map(({ seq, subject }) => `no outcome: RESPONSES ${seq} ${subject}`))
    }
    return rows.length + finding.unsettled.length === 0 ? COMMAND_EXIT.done : COMMAND_EXIT.problems
  },
})
