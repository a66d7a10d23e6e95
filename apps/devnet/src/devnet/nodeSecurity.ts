import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import {
  BROKER_IDENTITIES,
  type BrokerIdentity,
  type BrokerSettings,
  connectBroker,
  DEFAULT_TOPOLOGY,
  drainBroker,
  natsAuthConfig,
  newNatsKey,
  provision,
  topologyOf,
} from '@kms-connector/streams'
import { newAuthority } from '../tls/index.ts'
import type { Variables } from './devnetOptions.ts'
import type { Service } from './programs.ts'

/** Paths of PEM files. */
export interface TlsFiles {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** Keys, certificates and permissions of one node, on disk as an operator would have them. */
export interface NodeSecurity {
  /** Lines for nats-server: TLS for holders of a client certificate only, and the accounts of the services. */
  readonly natsConfig: string
  /** What the Core serves with, and the authority whose clients it accepts. */
  readonly core: TlsFiles
  /** Settings with which a service reaches NATS and the Core. */
  variables(service: Service): Variables
  /** How to connect to the node's NATS as somebody. */
  access(identity: BrokerIdentity): Pick<BrokerSettings, 'nkeySeed' | 'tls'>
}

/** Makes everything anew; an authority for the broker and one for the Core, as they need not be the same. */
export async function secureNode(dir: string): Promise<NodeSecurity> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const nats = await tlsFiles(dir, 'nats')
  const core = await tlsFiles(dir, 'core')
  const keys = BROKER_IDENTITIES.map(identity => [identity, newNatsKey()] as const)
  for (const [identity, { seed }] of keys) await writeFile(seedFile(dir, identity), `${seed}\n`, { mode: 0o600 })
  const publicKeys = Object.fromEntries(keys.map(([identity, { publicKey }]) => [identity, publicKey]))
  const seeds = new Map(keys.map(([identity, { seed }]) => [identity, seed]))
  const { certFile, keyFile, caFile } = nats.server
  const tls = { cert_file: certFile, key_file: keyFile, ca_file: caFile, verify: true }
  const accounts = natsAuthConfig(
    new OperationTable(OPERATIONS_V0_11).all,
    publicKeys as Record<BrokerIdentity, string>, // CAST: one entry for each identity
  )
  return {
    natsConfig: `tls ${JSON.stringify(tls)}\n${accounts}`,
    core: core.server,
    variables: service => variablesOf(service, seedFile(dir, service), nats.client, core.client),
    access: identity => ({ nkeySeed: seeds.get(identity) ?? '', tls: nats.client }),
  }
}

/** Creates the streams, which no service may do. */
export async function provisionAs(broker: BrokerSettings): Promise<void> {
  const connection = await connectBroker(broker)
  try {
    await provision(connection, topologyOf(new OperationTable(OPERATIONS_V0_11).all, DEFAULT_TOPOLOGY))
  } finally {
    await drainBroker(connection, 1_000)
  }
}

const seedFile = (dir: string, identity: string): string => join(dir, `${identity}.nk`)

async function tlsFiles(dir: string, name: string): Promise<{ readonly server: TlsFiles; readonly client: TlsFiles }> {
  const authority = newAuthority(`${name} authority of a devnet`)
  const caFile = join(dir, `${name}-ca.pem`)
  await writeFile(caFile, authority.cert)
  const write = async (role: string, hosts?: readonly string[]): Promise<TlsFiles> => {
    const { cert, key } = authority.issue(`${name} ${role}`, hosts ? { hosts } : {})
    const files = { caFile, certFile: join(dir, `${name}-${role}.pem`), keyFile: join(dir, `${name}-${role}.key`) }
    await writeFile(files.certFile, cert)
    await writeFile(files.keyFile, key, { mode: 0o600 })
    return files
  }
  return { server: await write('server', ['127.0.0.1', 'localhost']), client: await write('client') }
}

function variablesOf(service: Service, seed: string, nats: TlsFiles, core: TlsFiles): Variables {
  return {
    NATS_NKEY_SEED_FILE: seed,
    NATS_INBOX_PREFIX: `_INBOX_${service}`,
    ...tlsVariables('NATS_TLS', nats),
    STREAMS__PROVISION: 'verify',
    ...(service === 'kms-worker' ? tlsVariables('KMS_CORE_TLS', core) : {}),
  }
}

const tlsVariables = (prefix: string, { caFile, certFile, keyFile }: TlsFiles): Variables => ({
  [`${prefix}__CA_FILE`]: caFile,
  [`${prefix}__CERT_FILE`]: certFile,
  [`${prefix}__KEY_FILE`]: keyFile,
})
