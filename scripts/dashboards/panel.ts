/** Units of Grafana that the dashboards use. */
export type Unit = 'short' | 's' | 'percentunit' | 'bytes' | 'dateTimeFromNow' | 'reqps' | 'none'

export interface Query {
  /** PromQL; `$__rate_interval` is the range that Grafana finds fitting. */
  readonly expr: string
  /** Names of labels in double braces are replaced by their values. */
  readonly legend: string
}

export interface Threshold {
  readonly color: 'green' | 'orange' | 'red' | 'text'
  /** From this value on; null for the first. */
  readonly value: number | null
}

export interface Panel {
  readonly kind: 'timeseries' | 'stat'
  readonly title: string
  /** What it tells, and what to do about it. */
  readonly description: string
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Columns of 24. */
  readonly width: number
  readonly thresholds: readonly Threshold[]
}

type Shown = string | Query
type More = { readonly width?: number; readonly thresholds?: readonly Threshold[] }

/** A line for each series over time. */
export function lines(
  title: string,
  unit: Unit,
  description: string,
  queries: readonly Shown[],
  more: More = {},
): Panel {
  const { width = 8, thresholds = [{ color: 'green', value: null }] } = more
  return { kind: 'timeseries', title, unit, description, queries: queries.map(queryOf), width, thresholds }
}

/** One number, coloured by how good it is. */
export function number(title: string, unit: Unit, description: string, expr: string, more: More = {}): Panel {
  const { width = 4, thresholds = [{ color: 'text', value: null }] } = more
  return { kind: 'stat', title, unit, description, queries: [{ expr, legend: '' }], width, thresholds }
}

/** Green below `orange`, red from `red` on. */
export function bad(orange: number, red: number): readonly Threshold[] {
  return [
    { color: 'green', value: null },
    { color: 'orange', value: orange },
    { color: 'red', value: red },
  ]
}

/** Red below `orange`, green from `green` on. */
export function good(orange: number, green: number): readonly Threshold[] {
  return [
    { color: 'red', value: null },
    { color: 'orange', value: orange },
    { color: 'green', value: green },
  ]
}

/** Events a second of a counter, by labels. */
export function rate(counter: string, by: string): Query {
  const legend = by
    .split(',')
    .map(label => `{{${label.trim()}}}`)
    .join(' ')
  return { expr: `sum by (${by}) (rate(${counter}[$__rate_interval]))`, legend }
}

/** The value that nine of ten and ninety-nine of a hundred observations stay below. */
export function quantiles(histogram: string, by: string): readonly Query[] {
  const legend = by
    .split(',')
    .map(label => `{{${label.trim()}}}`)
    .join(' ')
  return [0.5, 0.99].map(quantile => ({
    expr: `histogram_quantile(${quantile}, sum by (le, ${by}) (rate(${histogram}_bucket[$__rate_interval])))`,
    legend: `${legend} p${quantile * 100}`,
  }))
}

function queryOf(shown: Shown): Query {
  if (typeof shown !== 'string') return shown
  return { expr: shown, legend: '' }
}
