export { senderMetrics } from './metrics.ts'
export { txSender, txSenderFor } from './service.ts'
