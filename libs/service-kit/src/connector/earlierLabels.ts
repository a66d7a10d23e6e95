import type { LabelValues, MetricAlias } from '../metricAlias.ts'

/** Operations whose event had another name in the earlier connector than `<operation>_request`. */
const EVENT_TYPES: Readonly<Record<string, string>> = {
  'prss-init': 'prss_init',
  'key-reshare': 'key_reshare_same_set',
}

/** What the earlier connector called the event of an operation in its label `event_type`. */
export function eventType(operation: string): string {
  return EVENT_TYPES[operation] ?? `${operation.replaceAll('-', '_')}_request`
}

/** A metric with the label `operation` under a name of the earlier connector, which counted by `event_type`. */
export function byEventType(name: string, of?: MetricAlias['of'], only?: LabelFilter): MetricAlias {
  return named(name, 'event_type', eventType, of, only)
}

/** The same for the answers on their way back, which it counted by `response_type`. */
export function byResponseType(name: string, of?: MetricAlias['of'], only?: LabelFilter): MetricAlias {
  return named(name, 'response_type', operation => `${operation.replaceAll('-', '_')}_response`, of, only)
}

export type LabelFilter = (labels: LabelValues) => boolean

function named(
  name: string,
  label: string,
  value: (operation: string) => string,
  of: MetricAlias['of'],
  only: LabelFilter = () => true,
): MetricAlias {
  const labels = (ours: LabelValues) => (only(ours) ? { [label]: value(ours['operation'] ?? '') } : undefined)
  return { name, labels, ...(of === undefined ? {} : { of }) }
}
