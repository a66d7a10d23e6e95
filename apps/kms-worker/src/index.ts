export { workerMetrics } from './metrics.ts'
export { kmsWorker, kmsWorkerFor } from './service.ts'
