import type { Address } from '@kms-connector/protocol'
import { ConnectorError } from '@kms-connector/protocol'
import { KeyValue, SENDER_BUCKET, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import {
  decodeSlot,
  type NonceFacts,
  newestAttempt,
  readAdoptedFloor,
  readOrder,
  type SlotRecord,
  type StoredOrder,
} from '@kms-connector/tx-sender'
import type { CommandContext } from './commandContext.ts'
import { readLeader, walletAddressOf } from './request/senderFacts.ts'

/** Everything that is known about the nonces of the wallet, from chain and broker. */
export interface NonceReport {
  readonly wallet: Address
  readonly latest: number
  readonly pending: number
  /** In nonce order. */
  readonly slots: readonly SlotRecord[]
  /** Nonces below the highest slot that nobody owns: neither consumed, nor ours, nor left to others. */
  readonly gaps: readonly number[]
  readonly adoptedFloor: number
  readonly order: StoredOrder | undefined
  readonly leader: Awaited<ReturnType<typeof readLeader>>
}

/** Gaps listed at most. */
const MOST_GAPS = 100

/** @throws ConnectorError SETTINGS_INVALID without wallet or Gateway; BROKER_UNAVAILABLE; RPC_UNAVAILABLE */
export async function readNonces(context: CommandContext): Promise<NonceReport> {
  const wallet = await walletAddressOf(context.settings)
  if (!wallet) {
    const detail = 'no wallet: give the settings of the sender with --config tx-sender.toml, or set wallet_address'
    throw new ConnectorError('SETTINGS_INVALID', detail)
  }
  const [broker, gateway] = await Promise.all([context.broker(), context.gateway()])
  const count = async (tag: string) => Number(await gateway.quantity('eth_getTransactionCount', [wallet, tag]))
  const bucket = new KeyValue(broker, SENDER_BUCKET)
  const ledger = await context.step('reading the ledger of the sender', async signal => {
    const [entries, adoptedFloor, order, leader] = await Promise.all([
      new KeyValue(broker, TX_SLOTS_BUCKET).entries('slot', signal),
      readAdoptedFloor(bucket, signal),
      readOrder(bucket, signal),
      readLeader(broker),
    ])
    const slots = entries.map(({ value }) => decodeSlot(value)).sort((a, b) => a.nonce - b.nonce)
    return { slots, adoptedFloor, order, leader }
  })
  // The ledger first: a slot that is settled and swept between the two is below the count of the chain by then.
  const [latest, pending] = await Promise.all([count('latest'), count('pending')])
  const gaps = gapsOf(Math.max(latest, ledger.adoptedFloor), ledger.slots)
  return { wallet, latest, pending, gaps, ...ledger }
}

/**
 * @param from first nonce that is to be ours
 * @param slots in nonce order
 */
export function gapsOf(from: number, slots: readonly Pick<SlotRecord, 'nonce'>[]): number[] {
  const taken = new Set(slots.map(({ nonce }) => nonce))
  const gaps: number[] = []
  for (let nonce = from; nonce < (slots.at(-1)?.nonce ?? 0) && gaps.length < MOST_GAPS; nonce++) {
    if (!taken.has(nonce)) gaps.push(nonce)
  }
  return gaps
}

/** The part that decides about orders. */
export function factsOf({ latest, pending, slots }: NonceReport): NonceFacts {
  const open = slots.filter(({ nonce }) => nonce >= latest)
  return {
    latest,
    pending,
    open: new Map(open.map(slot => [slot.nonce, newestAttempt(slot).burn ? 'burn' : 'answer'])),
  }
}
