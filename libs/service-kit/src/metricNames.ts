import type { MetricAlias } from './metricAlias.ts'

export type MetricType = 'counter' | 'gauge' | 'histogram'

export interface MetricDeclaration {
  readonly name: string
  /** One full sentence. */
  readonly help: string
  readonly labels?: readonly string[]
  /** Names of an earlier connector for the same thing, exported too. */
  readonly aliases?: readonly MetricAlias[]
}

const NAME = /^kms_connector_[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const SENTENCE = /^[A-Z0-9].*\s.*\s.*\.$/s
const HISTOGRAM_UNITS = [
  'seconds',
  'bytes',
  'blocks',
  'ratio',
  'requests',
  'messages',
  'items',
  'attempts',
  'gas',
  'wei',
]
/** Prometheus wants base units: seconds and bytes, ratios instead of percent. */
const FOREIGN_UNITS = [
  'ms',
  'millis',
  'milliseconds',
  'us',
  'minutes',
  'hours',
  'days',
  'kb',
  'mb',
  'gb',
  'kib',
  'mib',
  'percent',
]
/** One time series per value: a label with as many values as there are requests fills the memory of Prometheus. */
const UNBOUNDED_LABELS = [
  'id',
  'request_id',
  'decryption_id',
  'tx_hash',
  'hash',
  'nonce',
  'block',
  'block_number',
  'trace_id',
]
const RESERVED_LABELS = ['le', 'quantile', 'job', 'instance']

/**
 * Checks a metric against the naming rules: prefix `kms_connector_`, base units as suffix, `_total` on counters and
 * nowhere else, help as a sentence, labels of few values.
 *
 * @returns what is wrong, or undefined
 */
export function metricNameFault(type: MetricType, { name, help, labels = [] }: MetricDeclaration): string | undefined {
  const suffix = name.slice(name.lastIndexOf('_') + 1)
  if (!NAME.test(name)) return 'the name must be snake_case and start with kms_connector_'
  if ((type === 'counter') !== (suffix === 'total')) return 'counters end in _total, nothing else does'
  const unit = type === 'counter' ? name.replace(/_total$/, '').replace(/^.*_/, '') : suffix
  if (FOREIGN_UNITS.includes(unit)) return `the unit ${unit} must be a base unit: seconds, bytes or ratio`
  if (type === 'histogram' && !HISTOGRAM_UNITS.includes(suffix)) {
    return `histograms end in their unit: ${HISTOGRAM_UNITS.map(each => `_${each}`).join(', ')}`
  }
  if (!SENTENCE.test(help)) return 'the help must be a full sentence that ends with a full stop'
  const label = labels.find(
    each => !/^[a-z][a-z0-9_]*$/.test(each) || [...UNBOUNDED_LABELS, ...RESERVED_LABELS].includes(each),
  )
  return label === undefined ? undefined : `the label ${label} is reserved, not snake_case, or has too many values`
}
