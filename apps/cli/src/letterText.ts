import { ERRORS, type ErrorCode } from '@kms-connector/protocol'
import { type Letter, traceIdOf } from './letters.ts'
import { age, oneLine } from './table.ts'

/** A whole letter for a person to read. */
export function letterText(letter: Letter, now: number): readonly string[] {
  const { seq, subject, storedAt, content } = letter
  const head = [`dead letter ${seq}   ${subject}`, `stored      ${time(storedAt)}, ${age(now - storedAt)} ago`]
  if (!content) return [...head, '', 'This build cannot read it: nats stream get DEAD_LETTERS shows its bytes.']
  const { code, detail, source, history, headers, stage, at } = content
  const entry = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined // CAST: just looked up
  return [
    ...head,
    `given up    ${time(at)} by ${oneLine(stage)}`,
    `fault       ${oneLine(detail)}`,
    ...(entry ? [`            ${entry.what} ${entry.hint}`] : []),
    `trace       ${traceIdOf(letter) ?? '-'}`,
    ...(source
      ? [
          `source      ${source.stream} ${source.seq}, ${oneLine(source.subject)}`,
          `            stored ${time(source.firstStoredAt)}, ${source.attempts} attempts`,
        ]
      : ['source      a log of the Gateway that became no request']),
    '',
    history.length === 0 ? 'history: none is known' : 'history:',
    ...history.map(({ at: when, attempt, detail: why }) => `  ${time(when)}  attempt ${attempt}: ${oneLine(why)}`),
    '',
    'headers:',
    ...Object.entries(headers).map(([name, value]) => `  ${oneLine(name)}: ${oneLine(value)}`),
    '',
    `body, ${content.body.length} bytes:`,
    ...bodyLines(content.body),
  ]
}

const time = (ms: number) => (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms))

/** JSON is indented; what is no text is shown as hex. */
export function bodyLines(body: Uint8Array): readonly string[] {
  const bytes = Buffer.from(body)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) return [`  0x${bytes.toString('hex')}`]
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
      .split('\n')
      .map(line => `  ${line}`)
  } catch {
    return text.split('\n').map(line => `  ${oneLine(line)}`)
  }
}
