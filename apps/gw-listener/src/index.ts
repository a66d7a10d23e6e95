export { gwListener, gwListenerFor } from './service.ts'
