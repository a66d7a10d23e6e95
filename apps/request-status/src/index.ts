export { statusMetrics } from './metrics.ts'
export { requestStatus } from './service.ts'
