import { type Disposition, ERROR_GROUPS } from '@kms-connector/protocol'
import { code, GENERATED, table } from './markdown.ts'

/** What each rule means, in the words of the reference. */
const RULES: Readonly<Record<Disposition, string>> = {
  retry:
    'Tried again with growing pauses. A decryption that used up both its attempts and its age becomes a dead letter; key management is never given up.',
  dead: 'Can never succeed: kept whole as a dead letter on `DEAD_LETTERS`, and work goes on with the next message.',
  park: 'Nothing is wrong with the message and everything would fail alike: it waits, nothing is used up, an operator has to act, and work resumes by itself.',
  fatal:
    'The process refuses to start, or ends with exit code 1, which tells the orchestrator that a restart does not help.',
}

/** The reference of error codes. */
export function errorReference(): string {
  const dispositions = Object.entries(RULES).map(([rule, meaning]) => [code(rule), meaning])
  return [
    GENERATED,
    '# Errors',
    'Every fault the connector can name has a code. The code opens the log line, the `code` field of a dead letter and the `reason` of a dead outcome. Each fault ends in one of four rules:',
    table(['Rule', 'What happens'], dispositions),
    ...sections(),
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n')
}

function sections(): readonly string[] {
  return ERROR_GROUPS.flatMap(({ title, errors }) => {
    const rows = Object.entries(errors).map(([name, { disposition, what, hint }]) => [
      code(name),
      code(disposition),
      what,
      hint,
    ])
    return [`## ${title}`, table(['Code', 'Rule', 'What happened', 'What to do'], rows)]
  })
}
