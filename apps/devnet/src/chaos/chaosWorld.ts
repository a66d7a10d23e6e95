import { join } from 'node:path'
import { startNatsServer } from '../broker/index.ts'
import { GatewayOwner, HostAclOwner, Relayer } from '../chain/index.ts'
import { DEV_KEY_ID, TfheKeys } from '../core/index.ts'
import {
  COPROCESSORS,
  corePlan,
  DEPLOYER,
  type DevnetChains,
  type DevnetContracts,
  deployContracts,
  nodeSigner,
  nodeWallet,
  RELAYER,
  type Service,
  servicePlan,
  startChains,
  TFHE_SEED,
} from '../devnet/index.ts'
import type { Teardown } from '../process/teardown.ts'
import { type S3FaultHook, type S3Server, startS3 } from '../s3/index.ts'
import type { AnswerWorld, CiphertextWorld } from '../workload/index.ts'
import { CHAOS_SETTINGS, LONG_POLL_MS } from './chaosSettings.ts'
import { Layered } from './layered.ts'
import { first, type Links, startLinks } from './links.ts'
import { chainCall, Miner } from './miner.ts'
import type { Mortal } from './mortal.ts'
import { MortalBroker } from './mortalBroker.ts'
import type { Victim } from './schedule.ts'
import { SupervisedService } from './supervisedService.ts'

/** Everything that a seed needs, running. */
export interface ChaosWorld extends CiphertextWorld, AnswerWorld {
  readonly dir: string
  readonly s3: S3Server
  readonly relayer: Relayer
  readonly links: Links
  readonly miner: Miner
  readonly natsUrl: string
  readonly mortals: ReadonlyMap<Victim, Mortal>
}

export interface ChaosPlan {
  readonly seed: number
  /** JSON-RPC endpoints of each service. */
  readonly endpoints: 1 | 2
  readonly dir: string
  readonly signal: AbortSignal
}

const BLOCK_MS = 250
/** A chain that makes its blocks by request; it would make one by itself after this long. */
const NEVER_SECONDS = 100_000
/** Blocks behind the contracts: an endpoint that lags must not lag to before they existed. */
const SETTLED_BLOCKS = 64
const NODE = 0

/**
 * Starts chains, buckets, broker, Core and ten processes of ours, each behind links that can have faults.
 * @throws ConnectorError DEVNET_PROCESS_FAILED and others; the caller runs the teardown in any case
 */
export async function startChaosWorld(plan: ChaosPlan, teardown: Teardown): Promise<ChaosWorld> {
  const { dir } = plan
  const hooks = new Layered<S3FaultHook>()
  const s3 = await startS3({
    buckets: Object.fromEntries(COPROCESSORS.map(({ bucket }) => [bucket, 'public-read'] as const)),
    faults: request => first(hooks.active, hook => hook(request)),
  })
  teardown.add('the S3 server', () => s3.stop())
  const chains = await startChains(NEVER_SECONDS, teardown)
  const { gateway, host } = chains
  const miner = new Miner(gateway.rpcUrl, BLOCK_MS)
  teardown.add('the miner', () => miner.stop())
  const contracts = await deployContracts(chains, 1, bucket => s3.bucketUrl(bucket))
  for (const { rpcUrl } of [gateway, host]) await chainCall(rpcUrl, 'anvil_mine', [`0x${SETTLED_BLOCKS.toString(16)}`])
  const server = await startNatsServer({ storeDir: join(dir, 'nats') })
  const broker = new MortalBroker(server)
  teardown.add('NATS', () => broker.stop())
  const targets = { gatewayUrl: gateway.rpcUrl, hostUrl: host.rpcUrl, natsUrl: server.url }
  const links = await startLinks(targets, plan.seed, hooks, teardown)
  const services = await startServices(plan, { chains, contracts }, links, teardown)
  const { privateKey } = DEPLOYER
  return {
    dir,
    s3,
    chains,
    contracts,
    links,
    miner,
    natsUrl: server.url,
    mortals: new Map<Victim, Mortal>([...services, ['nats-server', broker]]),
    keyId: DEV_KEY_ID,
    keys: TfheKeys.derive(TFHE_SEED, DEV_KEY_ID),
    nodes: [{ party: 1, signer: nodeSigner(NODE) }],
    owner: new GatewayOwner({ rpcUrl: gateway.rpcUrl, gateway: contracts.gateway, privateKey }),
    hostAcl: new HostAclOwner({ rpcUrl: host.rpcUrl, acl: contracts.acl, privateKey }),
    relayer: new Relayer({ rpcUrl: gateway.rpcUrl, gateway: contracts.gateway, privateKey: RELAYER.privateKey }),
  }
}

/** Each service with the number of its instance: instances have links of their own where that makes a difference. */
const SERVICES: readonly (readonly [Victim, Service, number])[] = [
  ['gw-listener-1', 'gw-listener', 1],
  ['gw-listener-2', 'gw-listener', 2],
  ['kms-worker-1', 'kms-worker', 1],
  ['kms-worker-2', 'kms-worker', 2],
  ['kms-worker-3', 'kms-worker', 3],
  ['tx-sender-1', 'tx-sender', 1],
  ['tx-sender-2', 'tx-sender', 2],
]

async function startServices(
  plan: ChaosPlan,
  world: { readonly chains: DevnetChains; readonly contracts: DevnetContracts },
  links: Links,
  teardown: Teardown,
): Promise<[Victim, Mortal][]> {
  const core = await SupervisedService.start(
    corePlan(NODE, {}, plan.dir, ['--long-poll-ms', String(LONG_POLL_MS)]),
    async service => {
      await service.ready(plan.signal)
      links.core.proxy.target = service.url ?? ''
    },
  )
  const started: [Victim, SupervisedService][] = [['kms-core', core]]
  teardown.add('the services', () => Promise.all(started.map(([, service]) => service.stop())))
  for (const [name, service, instance] of SERVICES) {
    const around = surroundings(plan, world, links, service, instance)
    started.push([name, await SupervisedService.start(servicePlan(service, name, around, CHAOS_SETTINGS, plan.dir))])
  }
  await Promise.all(started.map(([, service]) => service.ready(plan.signal)))
  return started
}

/** What one instance of a service is told: its own links instead of the real places. */
function surroundings(
  { endpoints }: ChaosPlan,
  { chains, contracts }: { readonly chains: DevnetChains; readonly contracts: DevnetContracts },
  links: Links,
  service: Service,
  instance: number,
) {
  const kind = ({ 'gw-listener': 'listener', 'kms-worker': 'worker', 'tx-sender': 'sender' } as const)[service]
  const own: string[] =
    kind === 'worker'
      ? [links.rpc['worker-rpc'].proxy.url]
      : [links.rpc[`${kind}-rpc-1`].proxy.url, links.rpc[`${kind}-rpc-2`].proxy.url]
  // The second instance has the links the other way round: it sees another world first.
  const inOrder = instance === 2 ? own.reverse() : own
  const gateway = { ...chains.gateway, rpcUrl: inOrder.slice(0, endpoints).join(',') }
  const host = { ...chains.host, rpcUrl: links.rpc['host-rpc'].proxy.url }
  return {
    chains: { gateway, host },
    contracts,
    natsUrl: links.nats[`${kind}-nats`].proxy.url,
    coreUrl: links.core.proxy.url,
    wallet: nodeWallet(NODE),
  }
}

/** Whose transactions answer. */
export const WALLET = nodeWallet(NODE).address
