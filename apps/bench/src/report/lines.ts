import { median } from '../measure/median.ts'
import { type ProcessFigures, type RunFigures, STAGE_PROCESS } from '../measure/runFigures.ts'
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
      figure(figures['lean.perSecond'], 0),
      figure(figures['lean.ratio'], 2),
      ...STAGE_PROCESS.flatMap(([, part]) => [
        figure(figures[`product.${part}.perCpuSecond`], 0),
        figure(figures[`${part}.ratio`], 2),
      ]),
    ])
  const header = ['end to end', 'bound/s', 'achieved/s', 'ratio', 'lean/s', 'ratio']
  return rows.length === 0
    ? []
    : tableLines([...header, ...STAGE_PROCESS.flatMap(([, part]) => [`${part}/CPU-s`, 'ratio'])], rows)
}

/** Every stage alone: operations a CPU-second and a second, of the least code and of the connector. */
export function stageLines(reports: readonly ShapeReport[]): string[] {
  const figures = reports.find(({ name }) => name === 'stages')?.figures
  if (!figures) return []
  const names = Object.keys(figures).flatMap(key => /^(.+)\.ratio$/.exec(key)?.[1] ?? [])
  const rows = names.map(name => [
    name,
    ...['bound.perCpuSecond', 'achieved.perCpuSecond'].map(of => figure(figures[`${name}.${of}`], 0)),
    figure(figures[`${name}.ratio`], 2),
    ...['bound.perSecond', 'achieved.perSecond'].map(of => figure(figures[`${name}.${of}`], 0)),
  ])
  const header = ['stage', 'bound/CPU-s', 'achieved/CPU-s', 'ratio', 'bound/s', 'achieved/s']
  return tableLines(header, rows)
}

/** Processor time of every process for one request, and peak memory of the parts: medians over the runs of a pipeline. */
export function processLines(reports: readonly ShapeReport[]): string[] {
  const groups = reports.flatMap(({ name, runs }) =>
    [...new Set(runs.map(groupOf))].map(group => ({ name, group, runs: runs.filter(run => groupOf(run) === group) })),
  )
  const names = [...new Set(groups.flatMap(({ runs }) => runs.flatMap(run => run.processes.map(one => one.name))))]
  const ordered = [...PARTS, ...names.filter(name => !PARTS.some(part => part === name))]
  const rows = groups.map(({ name, group, runs }) => [
    name,
    group,
    ...ordered.map(process =>
      figure(
        medianOf(runs, process, one => one.cpuMsPerRequest),
        2,
      ),
    ),
    ...PARTS.map(part =>
      figure(
        medianOf(runs, part, one => one.peakRssMb),
        0,
      ),
    ),
    figure(median(runs.map(run => run.messagesPerRequest.in)), 1),
    figure(median(runs.map(run => run.messagesPerRequest.out)), 1),
  ])
  const header = [...ordered, ...PARTS.map(part => `${part} MB`), 'msgs in', 'out']
  return rows.length === 0 ? [] : tableLines(['CPU ms a request', '', ...header], rows)
}

const PARTS = STAGE_PROCESS.map(([, part]) => part)

const groupOf = ({ pipeline, setting }: RunFigures) => setting ?? pipeline

function medianOf(
  runs: readonly RunFigures[],
  process: string,
  value: (figures: ProcessFigures) => number,
): number | undefined {
  const values = runs.flatMap(run => run.processes.filter(({ name }) => name === process)).map(value)
  return values.length === 0 ? undefined : median(values)
}

/** How long requests took from moment to moment, where it was observed: median and 99th percentile in milliseconds. */
export function latencyLines(reports: readonly ShapeReport[]): string[] {
  const observed = reports.flatMap(({ name, runs }) =>
    runs.flatMap(({ latencies = {}, setting = '' }) =>
      Object.keys(latencies).length === 0 ? [] : [{ what: `${name} ${setting}`.trim(), latencies }],
    ),
  )
  const spans = Object.keys(observed[0]?.latencies ?? {})
  const rows = observed.map(({ what, latencies }) => [
    what,
    ...spans.map(span => `${figure(latencies[span]?.p50, 0)} / ${figure(latencies[span]?.p99, 0)}`),
  ])
  return rows.length === 0 ? [] : tableLines(['ms, p50 / p99', ...spans], rows)
}

/** Figures of shapes that are no rate of a pipeline: counts, slopes, times of start. */
export function figureLines(reports: readonly ShapeReport[]): string[] {
  const rows = reports
    .filter(({ name }) => OTHER_FIGURES.has(name))
    .flatMap(({ name, figures }) => Object.entries(figures).map(([what, value]) => [name, what, figure(value, 3)]))
  return rows.length === 0 ? [] : tableLines(['shape', 'figure', ''], rows)
}

const OTHER_FIGURES: ReadonlySet<string> = new Set(['idle', 'known-ids', 'rpc-counts', 'soak'])

/** The targets with what was achieved. */
export function verdictLines(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map(({ what, unit, achieved, atLeast, atMost, met }) => [
    met ? '✓' : '✗',
    what,
    `${significant(achieved)} ${unit}`.trim(),
    atLeast === undefined ? `at most ${atMost}` : `at least ${significant(atLeast)}`,
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
