import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestId } from '@kms-connector/protocol'
import type { BrokerSettings } from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../broker/index.ts'
import { GatewayOwner, HostAclOwner, KeyOwner, Relayer } from '../chain/index.ts'
import { DEV_KEY_ID, TfheKeys } from '../core/index.ts'
import type { ServiceProcess } from '../process/serviceProcess.ts'
import { Teardown } from '../process/teardown.ts'
import { type S3Server, startS3 } from '../s3/index.ts'
import { COPROCESSORS, DEPLOYER, type DevAccount, nodeSigner, nodeWallet, RELAYER } from './accounts.ts'
import { type DevnetChains, type DevnetContracts, deployContracts, startChains } from './chains.ts'
import { type Connector, startConnector } from './connector.ts'
import { type DevnetOptions, nodeCount } from './devnetOptions.ts'
import { type NodeCore, startNodeCore, TFHE_SEED } from './nodeCore.ts'
import { provisionAs, secureNode } from './nodeSecurity.ts'

/** One operator's part of the network. */
export interface DevnetNode extends Connector {
  /** 1 to n, also the party id of its Core. */
  readonly party: number
  readonly wallet: DevAccount
  readonly signer: DevAccount
  readonly nats: NatsServer
  /** How an operator connects to its NATS. */
  readonly observer: Omit<BrokerSettings, 'name'>
  /** Where its keys and certificates are; undefined unless the devnet is secure. */
  readonly keysDir: string | undefined
  readonly core: NodeCore
}

/** Everything that the pipeline needs, running on loopback. */
export interface Devnet {
  readonly chains: DevnetChains
  readonly contracts: DevnetContracts
  readonly s3: S3Server
  readonly nodes: readonly DevnetNode[]
  /** The first node; the only one unless asked for more. */
  readonly node: DevnetNode
  /** Key that ciphertexts are made for: the one that the Cores hold from the start, see {@link underKey}. */
  readonly keyId: RequestId
  readonly keys: TfheKeys
  readonly owner: GatewayOwner
  /** Shares its key with {@link owner}: they take turns. */
  readonly keyOwner: KeyOwner
  readonly hostAcl: HostAclOwner
  readonly relayer: Relayer
  /** Where logs and streams are. */
  readonly dir: string
  /** Our programs, in the order of the pipeline. */
  readonly processes: readonly ServiceProcess[]
  /** Stops everything, services first. @param keepFiles leaves the directory with the logs in place */
  stop(keepFiles?: boolean): Promise<void>
}

/**
 * Starts nats-server, the Gateway and a host chain with the stand-in contracts, an S3 server with a bucket per coprocessor,
 * development KMS Cores and the connector of every node, each service as a process.
 * @throws ConnectorError DEVNET_PROCESS_FAILED and others; the reason of the signal. Nothing is left running then, and the
 *   logs stay where the error says
 */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const count = nodeCount(options)
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'kms-connector-devnet-')))
  await mkdir(dir, { recursive: true })
  const teardown = new Teardown()
  try {
    const parts = await startParts(count, options, dir, teardown)
    return {
      ...parts,
      dir,
      async stop(keepFiles = options.dir !== undefined) {
        await teardown.run()
        if (!keepFiles) await rm(dir, { recursive: true, force: true, maxRetries: 3 })
      },
    }
  } catch (fault) {
    await teardown.run()
    // Whoever gave up has no use for the logs of the start.
    if (options.signal?.aborted && options.dir === undefined) await rm(dir, { recursive: true, force: true })
    throw fault
  }
}

/** @returns the same network, for whom ciphertexts are made under a key that was generated since its start */
export function underKey(devnet: Devnet, keyId: RequestId): Devnet {
  return { ...devnet, keyId, keys: TfheKeys.derive(TFHE_SEED, keyId) }
}

async function startParts(
  count: number,
  options: DevnetOptions,
  dir: string,
  teardown: Teardown,
): Promise<Omit<Devnet, 'dir' | 'stop'>> {
  const { onStep = () => {}, signal } = options
  const step = (text: string) => {
    signal?.throwIfAborted()
    onStep(text)
  }
  step('starting the chains and the S3 server')
  const s3 = await startBuckets(options, teardown)
  const chains = await startChains(options.blockTimeSeconds ?? 0.25, teardown)
  step('deploying the contracts')
  const contracts = await deployContracts(chains, count, bucket => s3.bucketUrl(bucket))
  const nodes: DevnetNode[] = []
  for (let index = 0; index < count; index++) {
    step(count === 1 ? 'starting NATS, KMS Core and connector' : `starting node ${index + 1} of ${count}`)
    nodes.push(await startNode(index, { chains, contracts }, options, dir, teardown))
  }
  const [node] = nodes as [DevnetNode, ...DevnetNode[]] // CAST: a network has at least one node
  const { privateKey } = DEPLOYER
  const ownership = { rpcUrl: chains.gateway.rpcUrl, gateway: contracts.gateway, privateKey }
  return {
    chains,
    contracts,
    s3,
    nodes,
    node,
    keyId: DEV_KEY_ID,
    keys: TfheKeys.derive(TFHE_SEED, DEV_KEY_ID),
    owner: new GatewayOwner(ownership),
    keyOwner: new KeyOwner(ownership),
    hostAcl: new HostAclOwner({ rpcUrl: chains.host.rpcUrl, acl: contracts.acl, privateKey }),
    relayer: new Relayer({
      rpcUrl: chains.gateway.rpcUrl,
      gateway: contracts.gateway,
      privateKey: RELAYER.privateKey,
    }),
    processes: nodes.flatMap(({ listener, workers, core, sender }) => [
      listener,
      ...workers,
      ...(core.process ? [core.process] : []),
      sender,
    ]),
  }
}

async function startBuckets({ s3Faults }: DevnetOptions, teardown: Teardown): Promise<S3Server> {
  const buckets = Object.fromEntries(COPROCESSORS.map(({ bucket }) => [bucket, 'public-read'] as const))
  const s3 = await startS3({ buckets, ...(s3Faults ? { faults: s3Faults } : {}) })
  teardown.add('the S3 server', () => s3.stop())
  return s3
}

async function startNode(
  index: number,
  { chains, contracts }: Pick<Devnet, 'chains' | 'contracts'>,
  options: DevnetOptions,
  dir: string,
  teardown: Teardown,
): Promise<DevnetNode> {
  const keysDir = options.secure ? join(dir, `keys-${index + 1}`) : undefined
  const security = keysDir === undefined ? undefined : await secureNode(keysDir)
  const config = security ? { config: security.natsConfig } : {}
  const nats = await startNatsServer({ storeDir: join(dir, `nats-${index + 1}`), ...config })
  teardown.add(`NATS of node ${index + 1}`, () => nats.stop())
  if (security) await provisionAs({ servers: [nats.url], name: 'topology', ...security.access('topology') })
  const core = await startNodeCore(index, options, dir, teardown, security)
  const wallet = nodeWallet(index)
  const surroundings = { chains, contracts, natsUrl: nats.url, coreUrl: core.url, wallet, security }
  const observer = { servers: [nats.url], ...security?.access('operator') }
  const connector = await startConnector(index, surroundings, options, dir, teardown)
  return { ...connector, party: index + 1, wallet, signer: nodeSigner(index), nats, observer, keysDir, core }
}
