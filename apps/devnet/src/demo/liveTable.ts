import { KEY_OPERATIONS, REQUEST_KINDS } from '../workload/index.ts'
import type { Progress } from './progress.ts'
import { bold, clip, dim, green, red } from './terminal.ts'

const BAR = 30
/** The head, the line of processes that are not shown, and the one in which the cursor waits. */
const BESIDES = 3

/**
 * Draws the state of the demo as lines that fit a terminal.
 * @param columns characters of a line
 * @param rows lines there are; the list of processes gives way first, then the notes
 */
export function liveTable(progress: Progress, columns: number, rows: number): string[] {
  const { processes, nodes, step, total, requested, published, answered, onChain, mismatches, notes } = progress
  const counts = [
    ['requested', requested],
    ['published', published],
    ['answered', answered],
    ['on chain', onChain],
  ] as const
  const operations = KEY_OPERATIONS.filter(operation => progress.keySteps[operation] !== undefined)
  const fixed = [
    ...(operations.length > 0 ? [''] : []),
    ...operations.map(operation => bar(operation, progress.keySteps[operation] ?? 0, nodes)),
    '',
    ...counts.map(([name, count]) => bar(name, count, total)),
    '',
    ...REQUEST_KINDS.map(kind => bar(kind, progress.byKind[kind].onChain, progress.byKind[kind].total)),
    '',
    `${progress.rate.toFixed(1)} answers/s${mismatches > 0 ? red(`, ${mismatches} mismatches`) : ''}`,
  ]
  const shownNotes = notes.slice(-Math.max(1, rows - fixed.length - BESIDES))
  const tail = [...fixed, ...shownNotes.map(note => dim(clip(note, columns - 1)))]
  const head = `${bold('KMS Connector demo')}  ${progress.seconds.toFixed(1)} s  ${dim(clip(step, columns - 32))}`
  const space = Math.max(0, rows - tail.length - BESIDES)
  const shown = processes.length > space ? processes.slice(0, Math.max(0, space - 1)) : processes
  const hidden = processes.length - shown.length
  return [head, ...shown.map(processLine), ...(hidden > 0 ? [dim(`and ${hidden} more processes`)] : []), ...tail]
}

function processLine({ name, pid, state }: Progress['processes'][number]): string {
  const mark = state === 'ready' ? green('●') : state === 'ended' ? red('●') : dim('○')
  return `${mark} ${name.padEnd(18)} ${String(pid).padStart(7)}  ${state}`
}

function bar(name: string, count: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(BAR, Math.floor((BAR * count) / total))
  const drawn = `${green('█'.repeat(filled))}${dim('░'.repeat(BAR - filled))}`
  return `${name.padEnd(11)} ${drawn} ${count}/${total}`
}
