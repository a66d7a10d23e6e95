import type { Finding } from './checker.ts'
import type { SeedResult } from './runSeed.ts'
import type { ScheduleScope } from './schedule.ts'

/** Findings of one rule that are shown in full; a fault that hits everything would fill the screen. */
const MOST_SHOWN = 5

/** What a seed came to, in lines; of a failed one what is wrong for which id, and how to repeat it. */
export function resultLines(result: SeedResult, scope: ScheduleScope): string[] {
  const { seed, findings, counts, injected: i } = result
  const what = `${counts.requests} requests, ${i.kills} kills, ${i.terminations} terminations, ${i.freezes} freezes, ${i.faults} faults (${i.hits} hits), ${i.reorgs} reorgs (${i.transactionsLost} transactions lost), ${counts.reverted} reverted, ${counts.burned} burned, ${counts.reruns} re-runs, ${result.seconds.toFixed(0)} s, ${result.drainSeconds.toFixed(0)} s of it to drain`
  if (findings.length === 0) return [`seed ${seed}: PASSED. ${what}`]
  return [
    `seed ${seed}: FAILED with ${findings.length} findings. ${what}`,
    ...ruleLines(findings),
    `  logs and streams: ${result.dir ?? 'not kept'}`,
    `  repeat: ${repeatCommand(seed, scope)}`,
  ]
}

function ruleLines(findings: readonly Finding[]): string[] {
  const rules = [...new Set(findings.map(({ rule }) => rule))]
  return rules.flatMap(rule => {
    const all = findings.filter(finding => finding.rule === rule)
    const shown = all.slice(0, MOST_SHOWN).map(({ id, text }) => `    ${id === undefined ? '' : `${id}: `}${text}`)
    const more = all.length > MOST_SHOWN ? [`    and ${all.length - MOST_SHOWN} more`] : []
    return [`  ${rule}: ${all.length}`, ...shown, ...more]
  })
}

/** The exact command that runs a seed again. */
export function repeatCommand(seed: number, { requests, kills }: ScheduleScope): string {
  return `npm run chaos -- --seed ${seed} --requests ${requests} --kills ${kills}`
}

/** A table of all seeds, as Markdown, with a row of sums. */
export function summaryTable(results: readonly SeedResult[]): string[] {
  const columns: readonly (readonly [string, (result: SeedResult) => number])[] = [
    ['requests', ({ counts }) => counts.requests],
    ['SIGKILL', ({ injected }) => injected.kills],
    ['SIGTERM', ({ injected }) => injected.terminations],
    ['SIGSTOP', ({ injected }) => injected.freezes],
    ['faults', ({ injected }) => injected.faults],
    ['hits', ({ injected }) => injected.hits],
    ['reorgs', ({ injected }) => injected.reorgs],
    ['lost transactions', ({ injected }) => injected.transactionsLost],
    ['restarts', ({ restarts }) => restarts],
    ['transactions', ({ counts }) => counts.transactions],
    ['reverted', ({ counts }) => counts.reverted],
    ['burned', ({ counts }) => counts.burned],
    ['missing', result => rules(result, 'missing answer')],
    ['double', result => rules(result, 'double answer')],
    ['gaps', result => rules(result, 'nonce gap')],
    [
      'other findings',
      ({ findings }) =>
        findings.filter(({ rule }) => !['missing answer', 'double answer', 'nonce gap'].includes(rule)).length,
    ],
    ['seconds', ({ seconds }) => Math.round(seconds)],
  ]
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    row(['seed', ...columns.map(([name]) => name)]),
    row(['---', ...columns.map(() => '--:')]),
    ...results.map(result => row([result.seed, ...columns.map(([, value]) => value(result))])),
    row(['all', ...columns.map(([, value]) => results.reduce((sum, result) => sum + value(result), 0))]),
  ]
}

function rules({ findings }: SeedResult, rule: string): number {
  return findings.filter(finding => finding.rule === rule).length
}
