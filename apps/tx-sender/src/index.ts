export { decodeLease, LEASE_KEY, type LeaseHolder } from './lease.ts'
export { senderMetrics } from './metrics.ts'
export { txSender, txSenderFor } from './service.ts'
