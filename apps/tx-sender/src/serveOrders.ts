import { KeyValue, SENDER_BUCKET } from '@kms-connector/streams'
import { readChainView, readPendingNonce } from './chainView.ts'
import { type NonceOrder, readOrder, type StoredOrder, writeAdoptedFloor, writeOrder } from './nonceOrder.ts'
import { type NonceFacts, nonceOrderFault } from './nonceOrderFault.ts'
import type { Sender } from './sender.ts'
import { noteBurn, openSlots, type SenderState } from './senderState.ts'
import { newestAttempt } from './slot.ts'

const LOOK_MS = 1_000

/**
 * Looks for orders of an operator and carries them out, one at a time. An order that a term could not finish is found
 * waiting by the next one, and done once.
 */
export async function serveOrders(sender: Sender, signal: AbortSignal): Promise<void> {
  const { broker, logger } = sender.with
  const bucket = new KeyValue(broker, SENDER_BUCKET)
  while (!signal.aborted) {
    await sender.wake.sleep(LOOK_MS, signal)
    try {
      const order = await readOrder(bucket, signal)
      if (order?.state === 'waiting' && sender.state.chain) await serve(sender, bucket, order, signal)
    } catch (fault) {
      if (!signal.aborted) logger.warn({ err: fault }, 'could not look for orders about nonces')
    }
  }
}

async function serve(sender: Sender, bucket: KeyValue, order: StoredOrder, signal: AbortSignal): Promise<void> {
  const { state } = sender
  const answer = async (ending: Pick<NonceOrder, 'state' | 'detail'>) => {
    const { revision: _revision, ...rest } = order
    await writeOrder(bucket, { ...rest, ...ending }, order, signal)
    sender.with.logger.warn({ ...rest, ...ending }, 'answered an order about a nonce')
  }
  if (order.action === 'burn' && (state.carriedOut.has(order.nonce) || isBurn(state, order.nonce))) {
    noteBurn(state, order.nonce)
    return answer({ state: 'done', detail: `a transfer to ourselves is stored for nonce ${order.nonce}` })
  }
  const fault = nonceOrderFault(order, await factsOf(sender))
  if (fault !== undefined) {
    state.ordered.delete(order.nonce)
    return answer({ state: 'refused', detail: fault })
  }
  if (order.action === 'burn') {
    state.ordered.add(order.nonce)
    sender.wake.now()
    return
  }
  sender.with.lease.require()
  await writeAdoptedFloor(bucket, order.nonce, signal)
  state.adoptedFloor = order.nonce
  sender.wake.now()
  return answer({ state: 'done', detail: `the next free nonce from ${order.nonce} on is taken` })
}

function isBurn({ slots }: SenderState, nonce: number): boolean {
  const slot = slots.get(nonce)
  return slot !== undefined && slot.revision > 0 && newestAttempt(slot.record).burn === true
}

async function factsOf(sender: Sender): Promise<NonceFacts> {
  const { state, rpc } = sender
  const kinds = openSlots(state).map(({ record }) => {
    return [record.nonce, newestAttempt(record).burn ? 'burn' : 'answer'] as const
  })
  const { address } = sender.with.wallet
  const [{ latestNonce }, pending] = await Promise.all([readChainView(rpc, address), readPendingNonce(rpc, address)])
  return {
    latest: Math.max(latestNonce, state.chain?.latestNonce ?? 0, state.nonceFloor),
    pending,
    open: new Map(kinds),
  }
}
