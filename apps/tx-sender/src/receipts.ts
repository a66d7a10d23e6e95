import type { Rpc } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import type { SlotRecord } from './slot.ts'

export interface Receipt {
  readonly hash: Hex
  readonly blockNumber: number
  readonly blockHash: string
  readonly succeeded: boolean
}

/**
 * Looks for the receipt of a slot: any of its transactions may be the one that was mined, so each is asked for before
 * anything is concluded.
 * @returns undefined when the node knows no receipt of ours
 * @throws ConnectorError when one of the questions got no answer: then nothing may be concluded
 */
export async function findReceipt(rpc: Rpc, { attempts }: SlotRecord): Promise<Receipt | undefined> {
  const receipts = await Promise.all(attempts.map(a => fetchReceipt(rpc, a.hash)))
  return receipts.find(r => r !== undefined)
}

async function fetchReceipt(rpc: Rpc, hash: Hex): Promise<Receipt | undefined> {
  const result = await rpc.call('eth_getTransactionReceipt', [hash])
  if (result === null || result === undefined) return undefined
  const { blockNumber, blockHash, status } = result as Readonly<Record<string, unknown>> // CAST: each field is checked
  if (typeof blockNumber !== 'string' || typeof blockHash !== 'string' || typeof status !== 'string') {
    throw rpc.nonsense('eth_getTransactionReceipt', result)
  }
  return { hash, blockNumber: Number(blockNumber), blockHash, succeeded: status === '0x1' }
}
