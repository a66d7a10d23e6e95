import type { Panel } from './panel.ts'

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Dashboard {
  /** File name, and part of its address in Grafana. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly rows: readonly Row[]
}

const COLUMNS = 24
const HEIGHTS: Readonly<Record<Panel['kind'], number>> = { stat: 4, timeseries: 8 }
const DATASOURCE = { type: 'prometheus', uid: '$datasource' }

/** The dashboard as Grafana imports it. Panels fill a row from left to right and go on below when it is full. */
export function dashboardJson({ name, title, description, rows }: Dashboard): string {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    })
    y += 1
    let [x, height] = [0, 0]
    for (const panel of row.panels) {
      if (x + panel.width > COLUMNS) {
        y += height
        x = 0
        height = 0
      }
      const h = HEIGHTS[panel.kind]
      panels.push(panelJson(panel, panels.length + 1, { x, y, w: panel.width, h }))
      x += panel.width
      height = Math.max(height, h)
    }
    y += height
  }
  const dashboard = {
    uid: `kms-connector-${name}`,
    title,
    description,
    tags: ['kms-connector'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: { list: [DATASOURCE_VARIABLE, jobVariable()] },
    annotations: { list: [] },
    links: [{ type: 'dashboards', title: 'KMS Connector', tags: ['kms-connector'], asDropdown: true, keepTime: true }],
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

const DATASOURCE_VARIABLE = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  current: {},
}

/** One Prometheus may watch several connectors: their series are told apart by namespace. */
function jobVariable(): object {
  return {
    name: 'namespace',
    label: 'Namespace',
    type: 'query',
    datasource: DATASOURCE,
    query: { query: 'label_values(kms_connector_build_info, namespace)', refId: 'namespace' },
    refresh: 2,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  }
}

function panelJson(panel: Panel, id: number, gridPos: object): object {
  const { kind, title, description, unit, queries, thresholds } = panel
  const targets = queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource: DATASOURCE,
    expr: inNamespace(expr),
    legendFormat: legend === '' ? '__auto' : legend,
    ...(kind === 'stat' ? { instant: true } : {}),
  }))
  const options =
    kind === 'stat'
      ? {
          colorMode: 'background',
          graphMode: 'none',
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
  const custom =
    kind === 'stat' ? {} : { custom: { lineWidth: 1, fillOpacity: 5, showPoints: 'never', spanNulls: true } }
  const defaults = { unit, ...custom, thresholds: { mode: 'absolute', steps: thresholds } }
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    targets,
    options,
    fieldConfig: { defaults, overrides: [] },
  }
}

/** Adds the chosen namespace to every selector of a metric of ours. */
export function inNamespace(expr: string): string {
  return expr.replaceAll(/\b(kms_connector_\w+|nodejs_\w+|process_\w+)(\{)?/g, (_, metric, brace) =>
    brace ? `${metric}{namespace=~"$namespace",` : `${metric}{namespace=~"$namespace"}`,
  )
}
