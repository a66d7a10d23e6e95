export { listenerMetrics, reconcileMetrics } from './metrics.ts'
export { Reconciler } from './reconciler.ts'
export { gwListener, gwListenerFor } from './service.ts'
