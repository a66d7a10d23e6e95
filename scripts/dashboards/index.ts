import { type Dashboard, dashboardJson } from './dashboardJson.ts'
import { LISTENER } from './listener.ts'
import { NODE } from './node.ts'
import { SENDER } from './sender.ts'
import { WORKER } from './worker.ts'

const DASHBOARDS: readonly Dashboard[] = [NODE, LISTENER, WORKER, SENDER]

/** The files of the dashboards: path from the root, and text. */
export function dashboardFiles(): readonly (readonly [path: string, text: string])[] {
  return DASHBOARDS.map(dashboard => [`deploy/grafana/${dashboard.name}.json`, dashboardJson(dashboard)])
}
