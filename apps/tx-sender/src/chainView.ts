import type { Rpc } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import type { ChainView, SenderState } from './senderState.ts'

/** Where the wallet stands on chain, both numbers from the endpoint that transactions are sent to. */
export async function readChainView(rpc: Rpc, wallet: Address): Promise<ChainView> {
  const [latestNonce, headBlock] = await Promise.all([
    rpc.quantity('eth_getTransactionCount', [wallet, 'latest']),
    rpc.quantity('eth_blockNumber'),
  ])
  return { latestNonce: Number(latestNonce), headBlock: Number(headBlock) }
}

/**
 * Takes over a view. The count goes back when blocks vanish or an endpoint behind a balancer lags; then look-ups that
 * found no receipt prove nothing any more.
 */
export function seeChain(state: SenderState, view: ChainView): void {
  state.chain = view
  for (const slot of state.slots.values()) if (slot.record.nonce >= view.latestNonce) slot.missingReceipts = 0
}

/** Nonces below are consumed or wait at the node, also those of transactions the ledger does not know. */
export async function readPendingNonce(rpc: Rpc, wallet: Address): Promise<number> {
  return Number(await rpc.quantity('eth_getTransactionCount', [wallet, 'pending']))
}
