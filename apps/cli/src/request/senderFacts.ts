import { GatewayConfig } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import { type CommandSettings, walletSources } from '@kms-connector/service-kit'
import {
  type Broker,
  bucketStream,
  KeyValue,
  RESPONSES,
  SENDER_BUCKET,
  SENDER_LEASE_BUCKET,
  streamIdentity,
} from '@kms-connector/streams'
import { decodeLease, LEASE_KEY } from '@kms-connector/tx-sender'
import { openWallet } from '@kms-connector/wallet'
import { type GatewaySettings, openGateway } from './chainReader.ts'
import type { SenderFacts, WalletFacts } from './requestFacts.ts'

/** What the dearest answer of the v0.11 contracts takes, with room: storing the consensus of 13 nodes. */
const ANSWER_GAS = 600_000n

/** Reads where the sender stands and who may send. @throws ConnectorError BROKER_UNAVAILABLE */
export async function readSender(broker: Broker): Promise<SenderFacts> {
  const [identity, checkpoint, leader, { state }] = await Promise.all([
    streamIdentity(broker, RESPONSES),
    new KeyValue(broker, SENDER_BUCKET).get('checkpoint'),
    readLeader(broker),
    broker.manager.streams.info(RESPONSES),
  ])
  const settled = checkpoint ? numberIn(checkpoint.value, 'seq') : 0
  return {
    ahead: settled === undefined ? undefined : Math.max(0, identity.lastSeq - settled),
    leader,
    readers: state.consumer_count,
  }
}

/** @returns who holds the lease of the sender; undefined when this broker has no bucket for it */
export async function readLeader(broker: Broker): Promise<SenderFacts['leader']> {
  const exists = await broker.manager.streams.info(bucketStream(SENDER_LEASE_BUCKET)).then(
    () => true,
    () => false,
  )
  if (!exists) return undefined
  const entry = await new KeyValue(broker, SENDER_LEASE_BUCKET).get(LEASE_KEY)
  if (!entry) return 'nobody'
  const { host, pid, since } = decodeLease(entry.value)
  return { host, pid, since }
}

/**
 * Address of the wallet that sends: that of the wallet in the settings of the sender, or else `wallet_address`.
 * @returns undefined when the settings name neither
 * @throws ConnectorError WALLET_UNUSABLE
 */
export async function walletAddressOf(settings: CommandSettings): Promise<Address | undefined> {
  const sources = walletSources(settings)
  if (!(sources.privateKey ?? sources.awsKms ?? sources.keyFile ?? sources.mnemonic)) return settings.wallet_address
  return (await openWallet(sources)).wallet.address
}

/**
 * Reads what the chain knows about a wallet.
 * @param timeoutMs what all questions may take
 * @throws ConnectorError RPC_UNAVAILABLE
 */
export async function readWallet(settings: GatewaySettings, address: Address, timeoutMs: number): Promise<WalletFacts> {
  const gateway = await openGateway(settings, timeoutMs)
  const quantity = (method: string, params?: readonly unknown[]) => gateway.read(rpc => rpc.quantity(method, params))
  const registry = settings.gateway_config_contract
  const config = registry && new GatewayConfig(gateway, registry.address)
  const node = settings.wallet_address
  const [balance, gasPrice, nonce, registered, nodeRegistered] = await Promise.all([
    quantity('eth_getBalance', [address, 'latest']),
    quantity('eth_gasPrice'),
    quantity('eth_getTransactionCount', [address, 'latest']),
    config?.isKmsTxSender(address),
    node && config?.isKmsTxSender(node),
  ])
  return {
    address,
    balance,
    answerCost: gasPrice * ANSWER_GAS,
    latestNonce: Number(nonce),
    registered,
    unregisteredNode: nodeRegistered === false ? node : undefined,
  }
}

function recordIn(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    // CAST: every field is read with care
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

function numberIn(bytes: Uint8Array, field: string): number | undefined {
  const value = recordIn(bytes)[field]
  return typeof value === 'number' ? value : undefined
}
