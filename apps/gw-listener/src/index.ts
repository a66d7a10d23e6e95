export {
  type BackfillPlan,
  type BackfillReport,
  type BackfillRequest,
  type BackfillState,
  backfill,
} from './backfill.ts'
export { listenerMetrics, reconcileMetrics } from './metrics.ts'
export { type BackfillSource, openBackfill } from './openBackfill.ts'
export { Reconciler } from './reconciler.ts'
export { gwListener, gwListenerFor } from './service.ts'
