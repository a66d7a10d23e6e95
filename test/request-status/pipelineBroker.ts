import { type Broker, connectBroker, drainBroker, provision } from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { Pipeline, TOPOLOGY } from './pipeline.ts'

/** A server with the streams of the connector, and somebody who plays its services there. */
export interface PipelineBroker {
  readonly server: NatsServer
  readonly broker: Broker
  readonly pipeline: Pipeline
  stop(): Promise<void>
}

export async function startPipelineBroker(): Promise<PipelineBroker> {
  const server = await startNatsServer()
  const broker = await connectBroker({ servers: [server.url], name: 'test' })
  await provision(broker, TOPOLOGY)
  return {
    server,
    broker,
    pipeline: new Pipeline(broker),
    async stop() {
      await drainBroker(broker, 1_000)
      await server.stop()
    },
  }
}
