export { type NatsCluster, startNatsCluster } from './natsCluster.ts'
export { freePort, type NatsServer, type NatsServerOptions, startNatsServer } from './natsServer.ts'
export { currentNatsServer, type NatsServerBinary, natsServerVersions } from './natsServerVersions.ts'
