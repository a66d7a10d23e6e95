import { ERRORS, type ErrorCode } from '@kms-connector/protocol'
import { formatByteSize } from '@kms-connector/service-kit'
import { DEAD_LETTERS, type StreamIdentity, streamIdentity } from '@kms-connector/streams'
import { COMMAND_EXIT, defineCommand, JSON_OPTION } from '../command.ts'
import type { CommandContext } from '../commandContext.ts'
import { groupLetters, type LetterGroup } from '../letterGroups.ts'
import { type Letter, MOST_READ, readLetters, traceIdOf } from '../letters.ts'
import { age, type Column, table } from '../table.ts'

/** Letters shown of a fault when no fault was asked for. */
const SHOWN = 5

export const dlqLs = defineCommand({
  usage: '[--reason CODE] [--json] [OPTIONS]',
  describe: `
Lists what was given up and waits for a decision, grouped by fault: how many letters, how old, how
many attempts they had, and the trace to look for in logs. Changes nothing.

KEY is what dlq show, dlq replay and dlq drop take: the number of a letter, or the id of a request.`,
  options: {
    reason: { type: 'string', value: 'CODE', describe: 'only letters of this fault, all of them' },
    ...JSON_OPTION,
  },
  async run(context, { reason, json }) {
    const broker = await context.broker()
    const stream = await context.step('reading DEAD_LETTERS', () => streamIdentity(broker, DEAD_LETTERS))
    const letters = await context.step('reading DEAD_LETTERS', signal => readLetters(broker, MOST_READ, signal))
    const wanted = reason === undefined ? letters : letters.filter(({ code }) => code === reason.toUpperCase())
    const groups = groupLetters(wanted)
    if (json) context.printJson(asJson(stream, letters.length, groups))
    else print(context, stream, letters.length, groups, reason === undefined ? SHOWN : Number.POSITIVE_INFINITY)
    return COMMAND_EXIT.done
  },
})

function print(
  context: CommandContext,
  stream: StreamIdentity,
  read: number,
  groups: readonly LetterGroup[],
  most: number,
): void {
  const { columns } = context.output
  const bytes = formatByteSize(stream.bytes)
  context.print(stream.messages === 0 ? 'no dead letters' : `${count(stream.messages)}, ${bytes}`)
  if (read < stream.messages) context.print(`(only the oldest ${read} are looked at)`)
  const now = Date.now()
  for (const group of groups) {
    context.print('', `${group.code}: ${headline(group, now)}`, about(group.code))
    context.print(...table(columnsAt(now), group.letters.slice(0, most), columns).map(line => `  ${line}`))
    const rest = group.letters.length - most
    if (rest > 0) context.print(`  ... and ${rest} more: dlq ls --reason ${group.code}`)
  }
}

const count = (letters: number) => (letters === 1 ? '1 dead letter' : `${letters} dead letters`)

function headline({ letters, oldestAt, newestAt, attempts }: LetterGroup, now: number): string {
  const newest = letters.length === 1 ? '' : `, newest ${age(now - newestAt)} ago`
  const tried = attempts === 0 ? '' : `, up to ${attempts} attempts`
  return `${count(letters.length)}, oldest ${age(now - oldestAt)} ago${newest}${tried}`
}

function about(code: string): string {
  const entry = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined // CAST: just looked up
  return entry ? `  ${entry.what} ${entry.hint}` : '  A fault that this build does not know.'
}

const columnsAt = (now: number): readonly Column<Letter>[] => [
  { title: 'LETTER', cell: ({ seq }) => String(seq), right: true },
  { title: 'AGE', cell: ({ storedAt }) => age(now - storedAt), right: true },
  { title: 'BY', cell: ({ stage }) => stage },
  { title: 'OPERATION', cell: ({ operation }) => operation },
  { title: 'REQUEST', cell: ({ key }) => key, shrink: true },
  { title: 'TRIED', cell: ({ content }) => String(content?.source?.attempts ?? '-'), right: true },
  { title: 'TRACE', cell: letter => traceIdOf(letter) ?? '-', shrink: true },
]

function asJson(stream: StreamIdentity, read: number, groups: readonly LetterGroup[]): unknown {
  return {
    letters: stream.messages,
    bytes: stream.bytes,
    read,
    groups: groups.map(({ code, letters, oldestAt, newestAt, attempts }) => ({
      code,
      count: letters.length,
      oldestAt,
      newestAt,
      attempts,
      letters: letters.map(letter => ({
        seq: letter.seq,
        storedAt: letter.storedAt,
        stage: letter.stage,
        operation: letter.operation,
        key: letter.key,
        attempts: letter.content?.source?.attempts ?? null,
        detail: letter.content?.detail ?? null,
        traceId: traceIdOf(letter) ?? null,
      })),
    })),
  }
}
