export { txSender, txSenderFor } from './service.ts'
