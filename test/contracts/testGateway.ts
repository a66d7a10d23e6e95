import { type Address, ConnectorError, type Hex } from '@kms-connector/protocol'
import { encodeFunctionData, keccak256, type LocalAccount, parseEventLogs, type TransactionReceipt, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import {
  ChainSender,
  deployGateway,
  deployHostChain,
  devKey,
  type GatewayDeployment,
  GatewayOwner,
  type GatewayThresholds,
  Relayer,
  readArtifact,
  startAnvil,
} from '../../apps/devnet/src/chain/index.ts'

export const GATEWAY_CHAIN = 54321
export const HOST_CHAIN = 12345
export const KEY_ID = (4n << 248n) + 1n

type AnswerContract = 'Decryption' | 'KMSGeneration'

/** A KMS node: its wallet and the signing key of its KMS Core. */
export interface TestNode {
  readonly wallet: ChainSender
  readonly signer: LocalAccount
}

/** A Gateway on its own chain with nodes whose answers the tests make by hand. */
export interface TestGateway {
  readonly rpcUrl: string
  readonly gateway: GatewayDeployment
  readonly acl: Address
  readonly owner: GatewayOwner
  readonly relayer: Relayer
  readonly nodes: readonly TestNode[]
  readonly coprocessor: Address
  /** One of the nodes. */
  node(index: number): TestNode
  stop(): Promise<void>
}

export function thresholdsOf(nodes: number, threshold: number): GatewayThresholds {
  return { publicDecryption: threshold, userDecryption: threshold, kmsGen: threshold, mpc: Math.min(1, nodes - 1) }
}

export async function startTestGateway(nodeCount: number, threshold: number): Promise<TestGateway> {
  const anvil = await startAnvil({ chainId: GATEWAY_CHAIN })
  try {
    return await deployTestGateway(anvil.rpcUrl, () => anvil.stop(), nodeCount, threshold)
  } catch (fault) {
    await anvil.stop()
    throw fault
  }
}

async function deployTestGateway(
  rpcUrl: string,
  stop: () => Promise<void>,
  nodeCount: number,
  threshold: number,
): Promise<TestGateway> {
  const deployer = devKey(0)
  const nodes = Array.from({ length: nodeCount }, (_, index) => testNode(rpcUrl, index))
  const coprocessor = addressOf(devKey(2))
  const acl = await deployHostChain({ rpcUrl, deployer })
  const gateway = await deployGateway({
    rpcUrl,
    deployer,
    kmsNodes: nodes.map(registered),
    thresholds: thresholdsOf(nodeCount, threshold),
    coprocessors: [{ txSender: coprocessor, signer: addressOf(devKey(3)), s3BucketUrl: 'http://127.0.0.1:9000/ct128' }],
    hostChains: [{ chainId: HOST_CHAIN, acl }],
  })
  const owner = new GatewayOwner({ rpcUrl, gateway, privateKey: deployer })
  const relayer = new Relayer({ rpcUrl, gateway, privateKey: devKey(1) })
  const node = (index: number): TestNode => {
    const found = nodes[index]
    if (!found) throw new RangeError(`there is no node ${index}`)
    return found
  }
  return { rpcUrl, gateway, acl, owner, relayer, nodes, coprocessor, node, stop }
}

/** A node that the Gateway does not have to know. */
export function testNode(rpcUrl: string, index: number): TestNode {
  return {
    wallet: new ChainSender({ rpcUrl, privateKey: devKey(5 + index) }),
    signer: privateKeyToAccount(keccak256(toHex(`signing key ${index}`))),
  }
}

export function registered({ wallet, signer }: TestNode) {
  return {
    txSender: wallet.account.address,
    signer: signer.address,
    storageUrl: `http://kms/${wallet.account.address}`,
  }
}

export function addressOf(key: Hex): Address {
  return privateKeyToAccount(key).address.toLowerCase() as Address // CAST: lower case keeps the 0x
}

export function uint(id: string): bigint {
  return BigInt(`0x${id}`)
}

/** A well-formed handle of the host chain; `n` makes it unique. */
export function handleOf(n: number, fheType = 4, chainId = HOST_CHAIN): Hex {
  const prefix = keccak256(toHex(n)).slice(2, 44)
  return `0x${prefix}ff${chainId.toString(16).padStart(16, '0')}${fheType.toString(16).padStart(2, '0')}00`
}

export async function registerHandles(gateway: TestGateway, handles: readonly Hex[], keyId = KEY_ID): Promise<void> {
  const { coprocessor, owner } = gateway
  const ciphertexts = handles.map(handle => ({ handle, keyId, digest: keccak256(handle), coprocessors: [coprocessor] }))
  await owner.registerCiphertexts(ciphertexts)
}

/** EIP-712 types of the answers, written down from the protocol and not taken from the code under test. */
const KEY_DIGEST = [
  { name: 'keyType', type: 'uint8' },
  { name: 'digest', type: 'bytes' },
]
const ANSWER_TYPES = {
  PublicDecryptVerification: [
    { name: 'ctHandles', type: 'bytes32[]' },
    { name: 'decryptedResult', type: 'bytes' },
    { name: 'extraData', type: 'bytes' },
  ],
  UserDecryptResponseVerification: [
    { name: 'publicKey', type: 'bytes' },
    { name: 'ctHandles', type: 'bytes32[]' },
    { name: 'userDecryptedShare', type: 'bytes' },
    { name: 'extraData', type: 'bytes' },
  ],
  PrepKeygenVerification: [{ name: 'prepKeygenId', type: 'uint256' }],
  KeygenVerification: [
    { name: 'prepKeygenId', type: 'uint256' },
    { name: 'keyId', type: 'uint256' },
    { name: 'keyDigests', type: 'KeyDigest[]' },
  ],
  KeyDigest: KEY_DIGEST,
  CrsgenVerification: [
    { name: 'crsId', type: 'uint256' },
    { name: 'maxBitLength', type: 'uint256' },
    { name: 'crsDigest', type: 'bytes' },
  ],
} as const

/** Signs an answer as a KMS Core would. */
export function signAnswer(
  { gateway }: TestGateway,
  signer: LocalAccount,
  primaryType: Exclude<keyof typeof ANSWER_TYPES, 'KeyDigest'>,
  message: Readonly<Record<string, unknown>>,
): Promise<Hex> {
  const name: AnswerContract = primaryType.includes('Decrypt') ? 'Decryption' : 'KMSGeneration'
  const verifyingContract = addressOfContract(gateway, name)
  const domain = { name, version: '1', chainId: GATEWAY_CHAIN, verifyingContract }
  return signer.signTypedData({ domain, types: ANSWER_TYPES, primaryType, message: message as never }) // CAST: every test type
}

/** Calls a contract of the Gateway through the ABI of its artifact. */
export function call(
  { gateway }: TestGateway,
  sender: ChainSender,
  contract: AnswerContract | 'GatewayConfig',
  functionName: string,
  args: readonly unknown[],
): Promise<TransactionReceipt> {
  const { abi } = readArtifact(contract)
  return sender.send({
    to: addressOfContract(gateway, contract),
    data: encodeFunctionData({ abi, functionName, args }),
  })
}

/** Reads a contract of the Gateway. */
export function read(
  { gateway, nodes }: TestGateway,
  contract: AnswerContract | 'GatewayConfig' | 'CiphertextCommits',
  functionName: string,
  args: readonly unknown[] = [],
): Promise<unknown> {
  const [node] = nodes
  if (!node) throw new RangeError('a gateway without nodes')
  const { abi } = readArtifact(contract)
  return node.wallet.client.readContract({ address: addressOfContract(gateway, contract), abi, functionName, args })
}

/** @returns the events of a receipt, decoded, in order. */
export function eventsOf(contract: AnswerContract | 'GatewayConfig', receipt: TransactionReceipt) {
  return parseEventLogs({ abi: readArtifact(contract).abi, logs: receipt.logs })
}

/** For `assert.rejects`: the contract must refuse with this error and no other; the selector is golden where it is given. */
export function revert(error: string, selector?: Hex): (fault: unknown) => boolean {
  return fault => {
    if (!(fault instanceof ConnectorError)) throw fault
    const { error: name, selector: found } = fault.facts
    if (name === error && (selector ?? found) === found) return true
    throw new Error(`expected ${error} ${selector}, got ${fault.message} ${found}`)
  }
}

function addressOfContract(
  gateway: GatewayDeployment,
  name: AnswerContract | 'GatewayConfig' | 'CiphertextCommits',
): Address {
  const addresses = {
    Decryption: gateway.decryption,
    KMSGeneration: gateway.kmsGeneration,
    GatewayConfig: gateway.gatewayConfig,
    CiphertextCommits: gateway.ciphertextCommits,
  }
  return addresses[name]
}
