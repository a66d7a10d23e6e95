import type { Rpc } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import type { ChainView, SenderState } from './senderState.ts'

/** How long a node has to say the same unlikely thing before it is believed, in milliseconds. */
const TRUST_AFTER_MS = 3_000
/** The same before nonces that were seen mined may be used again: only a deep reorganisation lasts that long. */
const FLOOR_TRUST_MS = 60_000

/** Where the wallet stands on chain, both numbers from the endpoint that transactions are sent to. */
export async function readChainView(rpc: Rpc, wallet: Address): Promise<ChainView> {
  const [latestNonce, headBlock] = await Promise.all([
    rpc.quantity('eth_getTransactionCount', [wallet, 'latest']),
    rpc.quantity('eth_blockNumber'),
  ])
  return { latestNonce: Number(latestNonce), headBlock: Number(headBlock) }
}

/**
 * Pure: what to believe after a node was asked. A count or head that goes back is an endpoint behind a balancer that lags,
 * or a chain that was reorganised; a count beyond every nonce we allocated is a node that lies, or somebody else who uses
 * our key. Either is believed only when it is said without a contradiction for {@link TRUST_AFTER_MS}.
 * @param seen what was believed before; undefined at first, when there is nothing to compare with
 * @param read what the node said
 * @param allocatedBelow one above the highest nonce that the ledger knows
 */
export function believe(seen: ChainView | undefined, read: ChainView, allocatedBelow: number, now: number): ChainView {
  const fresh: ChainView = { latestNonce: read.latestNonce, headBlock: read.headBlock }
  if (!seen) return fresh
  const expected = Math.max(seen.latestNonce, allocatedBelow)
  const wentBack = read.latestNonce < seen.latestNonce || read.headBlock < seen.headBlock
  if (!wentBack && read.latestNonce <= expected) return fresh
  const doubtSince = seen.doubtSince ?? now
  if (now - doubtSince >= TRUST_AFTER_MS) return fresh
  return { ...seen, doubtSince }
}

/**
 * Takes over what a node said. When the count really went back, look-ups that found no receipt prove nothing any more.
 * @returns `doubted` while the node is not believed, `floor-lowered` when nonces that were seen mined are free again
 */
export function seeChain(state: SenderState, read: ChainView, now: number): 'believed' | 'doubted' | 'floor-lowered' {
  let allocatedBelow = state.nonceFloor
  for (const nonce of state.slots.keys()) allocatedBelow = Math.max(allocatedBelow, nonce + 1)
  const view = believe(state.chain, read, allocatedBelow, now)
  if (view.latestNonce !== state.chain?.latestNonce) state.headSince = now
  state.chain = view
  for (const slot of state.slots.values()) if (slot.record.nonce >= read.latestNonce) slot.missingReceipts = 0
  if (view.latestNonce >= state.nonceFloor) state.belowFloorSince = undefined
  else state.belowFloorSince ??= now
  if (state.belowFloorSince !== undefined && now - state.belowFloorSince >= FLOOR_TRUST_MS) {
    state.nonceFloor = view.latestNonce
    return 'floor-lowered'
  }
  return view.doubtSince === undefined ? 'believed' : 'doubted'
}

const PENDING_LOOKS = 3
const PENDING_PAUSE_MS = 150

/**
 * Nonces below are consumed or wait at the node, at the start of a term. Where something seems to wait, the node is asked
 * several times and the lowest answer counts: a wrong high one would leave nonces to transactions that do not exist.
 */
export async function readPendingFloor(rpc: Rpc, wallet: Address, signal: AbortSignal): Promise<number> {
  const { latestNonce } = await readChainView(rpc, wallet)
  let lowest = await readPendingNonce(rpc, wallet)
  for (let look = 1; look < PENDING_LOOKS && lowest > latestNonce; look++) {
    await sleep(PENDING_PAUSE_MS, signal)
    lowest = Math.min(lowest, await readPendingNonce(rpc, wallet))
  }
  return lowest
}

/** Nonces below are consumed or wait at the node, also those of transactions the ledger does not know. */
export async function readPendingNonce(rpc: Rpc, wallet: Address): Promise<number> {
  return Number(await rpc.quantity('eth_getTransactionCount', [wallet, 'pending']))
}
