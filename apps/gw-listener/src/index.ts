export { listenerMetrics } from './metrics.ts'
export { gwListener, gwListenerFor } from './service.ts'
