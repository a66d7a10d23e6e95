import { CHECK_GROUPS, type CheckStatus } from './check.ts'
import type { CheckResult } from './runChecks.ts'

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL', skipped: '-   ' }

/** The results for a person, by group; what is not fine carries why it matters and what to do. */
export function doctorReport(results: readonly CheckResult[]): string[] {
  const width = Math.max(...results.map(({ id }) => id.length))
  const lines = CHECK_GROUPS.flatMap(group => {
    const own = results.filter(result => result.group === group)
    return own.length === 0 ? [] : [group, ...own.flatMap(result => resultLines(result, width)), '']
  })
  return [...lines, summaryOf(results)]
}

function resultLines({ id, status, detail, fix, why }: CheckResult, width: number): string[] {
  const head = `  ${MARKS[status]} ${id.padEnd(width)}  ${detail}`
  if (status === 'ok' || status === 'skipped') return [head]
  const margin = ' '.repeat(7)
  return [head, `${margin}why: ${why}`, ...(fix === undefined ? [] : [`${margin}fix: ${fix}`])]
}

function summaryOf(results: readonly CheckResult[]): string {
  const count = (status: CheckStatus) => results.filter(result => result.status === status).length
  return `${count('ok')} fine, ${count('warn')} warnings, ${count('fail')} failures, ${count('skipped')} not looked at`
}

/** 0: nothing to do; 1: warnings; 2: failures. */
export function doctorExit(results: readonly CheckResult[]): 0 | 1 | 2 {
  if (results.some(({ status }) => status === 'fail')) return 2
  return results.some(({ status }) => status === 'warn') ? 1 : 0
}
