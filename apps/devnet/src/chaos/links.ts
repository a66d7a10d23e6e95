import {
  type GrpcHook,
  type GrpcProxy,
  type NodeLayer,
  type RpcProxy,
  sequencerNonces,
  startGrpcProxy,
  startRpcProxy,
  startTcpProxy,
  type TcpFaults,
  type TcpProxy,
} from '../faults/index.ts'
import type { Teardown } from '../process/teardown.ts'
import type { S3FaultHook } from '../s3/index.ts'
import { Layered } from './layered.ts'

export const RPC_LINKS = [
  'listener-rpc-1',
  'listener-rpc-2',
  'sender-rpc-1',
  'sender-rpc-2',
  'worker-rpc',
  'host-rpc',
] as const
export const NATS_LINKS = ['listener-nats', 'worker-nats', 'sender-nats'] as const

type RpcLink = (typeof RPC_LINKS)[number]
type NatsLink = (typeof NATS_LINKS)[number]

/** A node of the Gateway is a sequencer to whoever sends transactions; layers of faults come on top. */
export interface NodeLink {
  readonly proxy: RpcProxy
  readonly layers: Layered<NodeLayer>
}

export interface NetworkLink {
  readonly proxy: TcpProxy
  readonly faults: Layered<TcpFaults>
}

/** Everything between the services and the rest of the world. Faults of one link add up, and each ends by itself. */
export interface Links {
  readonly rpc: Readonly<Record<RpcLink, NodeLink>>
  readonly nats: Readonly<Record<NatsLink, NetworkLink>>
  readonly core: { readonly proxy: GrpcProxy; readonly hooks: Layered<GrpcHook> }
  readonly s3: Layered<S3FaultHook>
}

export interface LinkTargets {
  readonly gatewayUrl: string
  readonly hostUrl: string
  readonly natsUrl: string
}

/** The Core comes later: its proxy is told where it is with every start. */
const NOWHERE = 'http://127.0.0.1:1'

/** Starts all proxies. @param s3 the hooks of the S3 server, which is asked for its faults itself */
export async function startLinks(
  { gatewayUrl, hostUrl, natsUrl }: LinkTargets,
  seed: number,
  s3: Layered<S3FaultHook>,
  teardown: Teardown,
): Promise<Links> {
  const node = async (name: RpcLink): Promise<NodeLink> => {
    const below = name.startsWith('sender') ? [sequencerNonces()] : []
    const target = name === 'host-rpc' ? hostUrl : gatewayUrl
    const proxy = await startRpcProxy({ target, seed: seed + RPC_LINKS.indexOf(name), layers: below })
    teardown.add(name, () => proxy.stop())
    const layers = new Layered<NodeLayer>(active => {
      proxy.layers = [...active, ...below]
    })
    return { proxy, layers }
  }
  const network = async (name: NatsLink): Promise<NetworkLink> => {
    const proxy = await startTcpProxy({ target: natsUrl })
    teardown.add(name, () => proxy.stop())
    const faults = new Layered<TcpFaults>(active => {
      proxy.faults = Object.assign({}, ...active)
    })
    return { proxy, faults }
  }
  const core = await startGrpcProxy({ target: NOWHERE })
  teardown.add('the link to the Core', () => core.stop())
  const hooks = new Layered<GrpcHook>(active => {
    core.onCall = method => first(active, hook => hook(method))
  })
  return {
    rpc: {
      'listener-rpc-1': await node('listener-rpc-1'),
      'listener-rpc-2': await node('listener-rpc-2'),
      'sender-rpc-1': await node('sender-rpc-1'),
      'sender-rpc-2': await node('sender-rpc-2'),
      'worker-rpc': await node('worker-rpc'),
      'host-rpc': await node('host-rpc'),
    },
    nats: {
      'listener-nats': await network('listener-nats'),
      'worker-nats': await network('worker-nats'),
      'sender-nats': await network('sender-nats'),
    },
    core: { proxy: core, hooks },
    s3,
  }
}

/** @returns what the first of them says, if any says anything */
export function first<T, R>(all: readonly T[], ask: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const answer = ask(one)
    if (answer !== undefined) return answer
  }
  return undefined
}
