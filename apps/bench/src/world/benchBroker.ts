import { freePort, startNatsServer, type Teardown } from '@kms-connector/devnet'
import { connect, type NatsConnection } from 'nats'
import { request } from 'undici'

export interface MessageCounts {
  readonly in: number
  readonly out: number
}

/** A nats-server whose counts are read from its monitoring port, so that looking adds no messages. */
export interface BenchBroker {
  readonly url: string
  readonly pid: number
  readonly version: string
  readonly connection: NatsConnection
  /** Messages that each of the streams holds; 0 for one that does not exist. */
  stored<Name extends string>(streams: readonly Name[]): Promise<Readonly<Record<Name, number>>>
  /** Messages that clients have sent and received since the start. */
  counts(): Promise<MessageCounts>
}

interface StreamPage {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly { readonly name: string; readonly state: { readonly messages: number } }[]
  }[]
}

/** Starts a nats-server with its monitoring port, and one connection of the benchmark. */
export async function startBenchBroker(storeDir: string, teardown: Teardown): Promise<BenchBroker> {
  const monitoring = `127.0.0.1:${await freePort()}`
  const server = await startNatsServer({ storeDir, config: `http: "${monitoring}"` })
  teardown.add('NATS', () => server.stop())
  const connection = await connect({ servers: server.url, name: 'bench' })
  teardown.add('the connection to NATS', () => connection.close())
  const page = async (path: string): Promise<unknown> => (await request(`http://${monitoring}${path}`)).body.json()
  return {
    url: server.url,
    pid: server.pid,
    version: server.version,
    connection,
    async stored(streams) {
      const { account_details = [] } = (await page('/jsz?streams=true')) as StreamPage // CAST: nats-server wrote it
      const details = account_details.flatMap(({ stream_detail = [] }) => stream_detail)
      const held = new Map(details.map(({ name, state }) => [name, state.messages]))
      // CAST: one entry for each name
      return Object.fromEntries(streams.map(name => [name, held.get(name) ?? 0])) as Record<
        (typeof streams)[number],
        number
      >
    },
    async counts() {
      const { in_msgs, out_msgs } = (await page('/varz')) as { in_msgs: number; out_msgs: number } // CAST: the same
      return { in: in_msgs, out: out_msgs }
    },
  }
}
