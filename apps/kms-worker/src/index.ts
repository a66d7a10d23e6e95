export { kmsWorker, kmsWorkerFor } from './service.ts'
