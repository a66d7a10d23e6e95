/** What is checked of a dashboard, in the words of Grafana's JSON model. */
export interface DashboardModel {
  readonly uid?: unknown
  readonly title?: unknown
  readonly schemaVersion?: unknown
  readonly templating?: { readonly list?: readonly { readonly name?: unknown; readonly type?: unknown }[] }
  readonly panels?: readonly PanelModel[]
}

interface PanelModel {
  readonly id?: unknown
  readonly type?: unknown
  readonly title?: unknown
  readonly description?: unknown
  readonly datasource?: { readonly uid?: unknown }
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr?: unknown; readonly datasource?: { readonly uid?: unknown } }[]
}

const COLUMNS = 24
const SOURCE = '$datasource'

/** Pure: what Grafana would refuse, draw badly, or bind to one installation. */
export function dashboardFaults(file: string, { uid, title, schemaVersion, templating, panels }: DashboardModel) {
  const faults: string[] = []
  const expect = (holds: boolean, fault: string) => void (holds || faults.push(`${file}: ${fault}`))
  expect(typeof uid === 'string' && uid.length > 0 && uid.length <= 40, 'uid must be 1 to 40 characters')
  expect(typeof title === 'string' && title.length > 0, 'the title is missing')
  expect(typeof schemaVersion === 'number', 'schemaVersion is missing')
  const variable = templating?.list?.find(({ name }) => name === 'datasource')
  expect(variable?.type === 'datasource', 'there is no variable "datasource"')
  const ids = (panels ?? []).map(({ id }) => id)
  expect(new Set(ids).size === ids.length && ids.every(Number.isInteger), 'ids of panels must be unique integers')
  for (const panel of panels ?? []) {
    for (const fault of panelFaults(panel)) expect(false, `panel "${String(panel.title)}": ${fault}`)
  }
  for (const [i, one] of (panels ?? []).entries()) {
    for (const other of (panels ?? []).slice(i + 1)) {
      expect(!overlap(one, other), `panels "${String(one.title)}" and "${String(other.title)}" overlap`)
    }
  }
  return faults
}

function panelFaults({ type, title, description, datasource, gridPos, targets = [] }: PanelModel): readonly string[] {
  const faults: string[] = []
  if (typeof title !== 'string' || title === '') faults.push('has no title')
  if (!gridPos) return [...faults, 'has no gridPos']
  const { x, y, w, h } = gridPos
  if (![x, y, w, h].every(Number.isInteger) || x < 0 || y < 0 || w < 1 || h < 1 || x + w > COLUMNS) {
    faults.push(`does not fit into ${COLUMNS} columns`)
  }
  if (type === 'row') return faults
  if (typeof description !== 'string' || description === '') faults.push('has no description')
  if (targets.length === 0) faults.push('shows nothing')
  const sources = [datasource, ...targets.map(target => target.datasource)]
  if (sources.some(source => source?.uid !== SOURCE)) faults.push(`must take its data from ${SOURCE}`)
  return faults
}

function overlap({ gridPos: a }: PanelModel, { gridPos: b }: PanelModel): boolean {
  if (!a || !b) return false
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** @returns the expressions of a dashboard, Grafana's variables replaced by what Prometheus would see */
export function expressionsOf({ panels = [] }: DashboardModel): readonly string[] {
  return panels
    .flatMap(({ targets = [] }) => targets)
    .map(({ expr }) => String(expr).replaceAll('$__rate_interval', '5m').replaceAll('$namespace', '.*'))
}
