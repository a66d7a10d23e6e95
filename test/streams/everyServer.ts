import { after, before, describe } from 'node:test'
import { type Broker, connectBroker, drainBroker, provision, type Topology } from '@kms-connector/streams'
import { type NatsServer, natsServerVersions, startNatsServer } from '../../apps/devnet/src/broker/index.ts'

/** A running server and a way to connect to it; everything opened is closed after the tests. */
export interface Bench {
  readonly server: NatsServer
  connect(name?: string): Promise<Broker>
  /** Connects and provisions. */
  connectTo(topology: Topology): Promise<Broker>
}

/** Declares the same tests for every available nats-server version, each with a server of its own. */
export function everyServer(name: string, tests: (bench: () => Bench) => void): void {
  for (const { bin, version } of natsServerVersions()) {
    describe(`${name} on nats-server ${version}`, { timeout: 120_000 }, () => {
      const brokers: Broker[] = []
      let server: NatsServer | undefined
      before(async () => {
        server = await startNatsServer({ bin })
      })
      after(async () => {
        await Promise.all(brokers.map(broker => drainBroker(broker, 1_000)))
        await server?.stop()
      })
      tests(() => {
        if (!server) throw new Error('the server has not been started')
        const running = server
        const connect = async (client = 'test') => {
          const broker = await connectBroker({ servers: [running.url], name: client })
          brokers.push(broker)
          return broker
        }
        const connectTo = async (topology: Topology) => {
          const broker = await connect()
          await provision(broker, topology)
          return broker
        }
        return { server: running, connect, connectTo }
      })
    })
  }
}
