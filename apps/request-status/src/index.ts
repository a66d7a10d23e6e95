export { requestStatus } from './service.ts'
