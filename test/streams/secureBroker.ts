import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BROKER_IDENTITIES,
  type Broker,
  type BrokerIdentity,
  connectBroker,
  drainBroker,
  type NatsKey,
  natsAuthConfig,
  newNatsKey,
  type OperationName,
} from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { type Authority, newAuthority } from '../../apps/devnet/src/tls/index.ts'

/** A nats-server with the generated accounts that serves TLS only, to holders of a client certificate only. */
export class SecureBroker {
  readonly server: NatsServer
  readonly keys: Readonly<Record<BrokerIdentity, NatsKey>>
  readonly authority: Authority
  readonly dir: string
  readonly #brokers: Broker[] = []

  private constructor(server: NatsServer, keys: SecureBroker['keys'], authority: Authority, dir: string) {
    this.server = server
    this.keys = keys
    this.authority = authority
    this.dir = dir
  }

  static async start(operations: readonly OperationName[], bin?: string): Promise<SecureBroker> {
    const dir = await mkdtemp(join(tmpdir(), 'kms-connector-secure-'))
    const authority = newAuthority('development NATS authority')
    const server = authority.issue('nats', { hosts: ['127.0.0.1'] })
    const client = authority.issue('connector')
    const files = { 'ca.pem': authority.cert, 'server.pem': server.cert, 'server.key': server.key }
    const clients = { 'client.pem': client.cert, 'client.key': client.key }
    for (const [name, text] of Object.entries({ ...files, ...clients })) await writeFile(join(dir, name), text)
    const keys = newKeys()
    const path = (name: string) => JSON.stringify(join(dir, name))
    const tls = `tls { cert_file: ${path('server.pem')}, key_file: ${path('server.key')}, ca_file: ${path('ca.pem')}, verify: true }`
    const config = `${tls}\n${natsAuthConfig(operations, publicKeysOf(keys))}`
    return new SecureBroker(
      await startNatsServer({ config, ...(bin === undefined ? {} : { bin }) }),
      keys,
      authority,
      dir,
    )
  }

  /** TLS settings of a client that the server accepts. */
  get tls() {
    return {
      caFile: join(this.dir, 'ca.pem'),
      certFile: join(this.dir, 'client.pem'),
      keyFile: join(this.dir, 'client.key'),
    }
  }

  async connect(identity: BrokerIdentity, onStatus?: (detail: string) => void): Promise<Broker> {
    const broker = await connectBroker(
      { servers: [this.server.url], name: identity, nkeySeed: this.keys[identity].seed, tls: this.tls },
      status => onStatus?.('detail' in status ? status.detail : status.kind),
      AbortSignal.timeout(20_000),
    )
    this.#brokers.push(broker)
    return broker
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#brokers.map(broker => drainBroker(broker, 1_000)))
    await this.server.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}

function newKeys(): Record<BrokerIdentity, NatsKey> {
  // CAST: one entry for each identity
  return Object.fromEntries(BROKER_IDENTITIES.map(name => [name, newNatsKey()])) as Record<BrokerIdentity, NatsKey>
}

export function publicKeysOf(keys: Readonly<Record<BrokerIdentity, NatsKey>>): Record<BrokerIdentity, string> {
  const entries = BROKER_IDENTITIES.map(name => [name, keys[name].publicKey])
  return Object.fromEntries(entries) as Record<BrokerIdentity, string> // CAST: one entry for each identity
}
