import type { Address } from '@kms-connector/protocol'
import { deployGateway, deployHostChain, type GatewayDeployment, startAnvil } from '../chain/index.ts'
import type { Teardown } from '../process/teardown.ts'
import { COPROCESSORS, DEPLOYER, MAX_NODES, nodeSigner, nodeWallet } from './accounts.ts'
import { thresholdsOf } from './devnetOptions.ts'

export const GATEWAY_CHAIN_ID = 54_321
export const HOST_CHAIN_ID = 12_345
/** An answer of a real Gateway costs far more than a devnet block usually holds, and a whole wave shares a block. */
const GATEWAY_GAS_LIMIT = 1_000_000_000n

export interface DevnetChain {
  readonly chainId: number
  readonly rpcUrl: string
  readonly pid: number
}

export interface DevnetChains {
  readonly gateway: DevnetChain
  readonly host: DevnetChain
}

export interface DevnetContracts {
  readonly gateway: GatewayDeployment
  /** Access control list of the host chain. */
  readonly acl: Address
}

/** Starts the Gateway, with a steady rhythm of blocks, and a host chain that mines when there is something to mine. */
export async function startChains(blockTimeSeconds: number, teardown: Teardown): Promise<DevnetChains> {
  const gateway = await startAnvil({
    chainId: GATEWAY_CHAIN_ID,
    blockTimeSeconds,
    gasLimit: GATEWAY_GAS_LIMIT,
    accounts: 10 + MAX_NODES,
  })
  teardown.add('the Gateway chain', () => gateway.stop())
  const host = await startAnvil({ chainId: HOST_CHAIN_ID })
  teardown.add('the host chain', () => host.stop())
  return { gateway, host }
}

/** Deploys the access control list and the Gateway contracts, with the nodes and coprocessors of the devnet registered. */
export async function deployContracts(
  { gateway, host }: DevnetChains,
  nodes: number,
  bucketUrl: (bucket: string) => string,
): Promise<DevnetContracts> {
  const deployer = DEPLOYER.privateKey
  const acl = await deployHostChain({ rpcUrl: host.rpcUrl, deployer })
  const deployment = await deployGateway({
    rpcUrl: gateway.rpcUrl,
    deployer,
    kmsNodes: Array.from({ length: nodes }, (_, i) => ({
      txSender: nodeWallet(i).address,
      signer: nodeSigner(i).address,
    })),
    thresholds: thresholdsOf(nodes),
    coprocessors: COPROCESSORS.map(({ address, signer, bucket }) => ({
      txSender: address,
      signer,
      s3BucketUrl: bucketUrl(bucket),
    })),
    hostChains: [{ chainId: HOST_CHAIN_ID, acl }],
  })
  return { gateway: deployment, acl }
}
