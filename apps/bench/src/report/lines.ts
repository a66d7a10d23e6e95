import { STAGE_PROCESS } from '../measure/runFigures.ts'
import type { ShapeReport } from '../shapes/shape.ts'
import type { Verdict } from './targets.ts'

/** Lays rows out in columns as wide as their widest cell; numbers stand right. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map(row => row[i]?.length ?? 0)))
  const numeric = header.map((_, i) => rows.every(row => /^[-\d]/.test(row[i] || '-')))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(header), ...rows.map(line)]
}

/** The saturating shapes: what each pipeline answered, and the ratio of both. */
export function ratioLines(reports: readonly ShapeReport[]): string[] {
  const rows = reports
    .filter(({ figures }) => figures['product.perSecond'] !== undefined || figures['bare.perSecond'] !== undefined)
    .map(({ name, figures }) => [
      name,
      figure(figures['bare.perSecond'], 0),
      figure(figures['product.perSecond'], 0),
      figure(figures['ratio'], 2),
      ...STAGE_PROCESS.flatMap(([, part]) => [
        figure(figures[`product.${part}.perCpuSecond`], 0),
        figure(figures[`${part}.ratio`], 2),
      ]),
    ])
  const header = ['end to end', 'bound/s', 'achieved/s', 'ratio']
  return rows.length === 0
    ? []
    : tableLines([...header, ...STAGE_PROCESS.flatMap(([, part]) => [`${part}/CPU-s`, 'ratio'])], rows)
}

/** Processor time and memory of every process in every run. */
export function processLines(reports: readonly ShapeReport[]): string[] {
  const rows = reports.flatMap(({ name, runs }) =>
    runs.flatMap(run =>
      run.processes.map(one => [
        name,
        run.pipeline,
        one.name,
        figure(one.cpuMsPerRequest, 3),
        figure(one.peakRssMb, 0),
      ]),
    ),
  )
  return rows.length === 0 ? [] : tableLines(['shape', 'pipeline', 'process', 'CPU ms/request', 'peak MB'], rows)
}

/** The targets with what was achieved. */
export function verdictLines(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map(({ what, unit, achieved, atLeast, atMost, met }) => [
    met ? '✓' : '✗',
    what,
    `${significant(achieved)} ${unit}`.trim(),
    atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`,
    met ? 'met' : 'MISSED',
  ])
  return rows.length === 0 ? [] : tableLines(['', 'target', 'achieved', 'bound', 'verdict'], rows)
}

function figure(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits)
}

function significant(value: number): string {
  return Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(2)
}
