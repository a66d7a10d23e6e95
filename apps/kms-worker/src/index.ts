export { AccessCheck } from './accessCheck.ts'
export { HostChains } from './hostChains.ts'
export { workerMetrics } from './metrics.ts'
export { kmsWorker, kmsWorkerFor } from './service.ts'
