import { type Address, ConnectorError, type Hex } from '@kms-connector/protocol'
import { encodeDeployData, encodeFunctionData } from 'viem'
import { gatewayConfigAbi } from './abi.ts'
import { type DevnetContract, readArtifact } from './artifact.ts'
import { ChainSender } from './chainSender.ts'
import { type CoprocessorEntry, coprocessorArg, type KmsNodeEntry, kmsNodeArg } from './registry.ts'

export interface GatewayThresholds {
  readonly publicDecryption: number
  readonly userDecryption: number
  readonly kmsGen: number
  /** Nodes that may be dishonest; below the number of nodes. */
  readonly mpc: number
  /** 1 when left out. */
  readonly coprocessor?: number
}

export interface GatewayPlan {
  readonly rpcUrl: string
  /** Private key that becomes owner and pauser. */
  readonly deployer: Hex
  readonly kmsNodes: readonly KmsNodeEntry[]
  readonly thresholds: GatewayThresholds
  readonly coprocessors: readonly CoprocessorEntry[]
  readonly hostChains: readonly { readonly chainId: number; readonly acl: Address; readonly name?: string }[]
}

/** Addresses in lower case. */
export interface GatewayDeployment {
  readonly chainId: number
  readonly gatewayConfig: Address
  readonly ciphertextCommits: Address
  readonly decryption: Address
  readonly kmsGeneration: Address
  /** Block of the first contract: nothing of this Gateway is older. */
  readonly deployedAtBlock: bigint
}

/**
 * Deploys the stand-in Gateway contracts.
 * @throws ConnectorError DEVNET_CALL_REVERTED when the registry refuses the plan, RPC_UNAVAILABLE
 */
export async function deployGateway(plan: GatewayPlan): Promise<GatewayDeployment> {
  const sender = new ChainSender({ rpcUrl: plan.rpcUrl, privateKey: plan.deployer })
  const { thresholds: t } = plan
  const thresholds = {
    mpcThreshold: t.mpc,
    publicDecryptionThreshold: t.publicDecryption,
    userDecryptionThreshold: t.userDecryption,
    kmsGenThreshold: t.kmsGen,
    coprocessorThreshold: t.coprocessor ?? 1,
  }
  const registry = [thresholds, plan.kmsNodes.map(kmsNodeArg), plan.coprocessors.map(coprocessorArg)]
  const config = await create(sender, 'GatewayConfig', registry)
  const commits = await create(sender, 'CiphertextCommits', [config.address])
  const decryption = await create(sender, 'Decryption', [config.address, commits.address])
  const generation = await create(sender, 'KMSGeneration', [config.address])
  const setUp = [encodeFunctionData({ abi: gatewayConfigAbi, functionName: 'setPausable', args: [decryption.address] })]
  for (const { chainId, acl, name = `host-${chainId}` } of plan.hostChains) {
    const chain = { chainId: BigInt(chainId), fhevmExecutorAddress: acl, aclAddress: acl, name, website: '' }
    setUp.push(encodeFunctionData({ abi: gatewayConfigAbi, functionName: 'addHostChain', args: [chain] }))
  }
  await Promise.all(setUp.map(data => sender.send({ to: config.address, data })))
  return {
    chainId: await sender.client.getChainId(),
    gatewayConfig: config.address,
    ciphertextCommits: commits.address,
    decryption: decryption.address,
    kmsGeneration: generation.address,
    deployedAtBlock: config.blockNumber,
  }
}

/**
 * Deploys the access control list of a host chain.
 * @returns its address in lower case
 */
export async function deployHostChain(plan: { readonly rpcUrl: string; readonly deployer: Hex }): Promise<Address> {
  const sender = new ChainSender({ rpcUrl: plan.rpcUrl, privateKey: plan.deployer })
  return (await create(sender, 'ACL', [])).address
}

/**
 * Deploys a contract that calls others with data it is given, on any chain.
 * @returns its address in lower case
 */
export async function deployForwarder(plan: { readonly rpcUrl: string; readonly deployer: Hex }): Promise<Address> {
  const sender = new ChainSender({ rpcUrl: plan.rpcUrl, privateKey: plan.deployer })
  return (await create(sender, 'Forwarder', [])).address
}

async function create(
  sender: ChainSender,
  name: DevnetContract,
  args: readonly unknown[],
): Promise<{ address: Address; blockNumber: bigint }> {
  const { abi, bytecode } = readArtifact(name)
  const { contractAddress, blockNumber } = await sender.send({ data: encodeDeployData({ abi, bytecode, args }) })
  if (!contractAddress) throw new ConnectorError('INTERNAL', `the receipt of ${name} names no contract`)
  return { address: contractAddress.toLowerCase() as Address, blockNumber } // CAST: lower case keeps the 0x
}
