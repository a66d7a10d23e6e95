import type { BurnReason } from './action.ts'
import { burnOf } from './burnOf.ts'
import type { Sender } from './sender.ts'
import { noteBurn } from './senderState.ts'
import { signAttempt } from './signAttempt.ts'
import type { SlotRecord } from './slot.ts'
import { storeSlot } from './storeSlot.ts'

const FAILED_PAUSE_MS = 1_000

/** Takes nonces that nobody owns for transfers to ourselves, so that the slots above them can be mined. */
export async function fillGap(
  sender: Sender,
  nonces: readonly number[],
  reason: BurnReason,
  signal: AbortSignal,
): Promise<void> {
  const { state } = sender
  const { metrics, logger, fees } = sender.with
  state.committing = true
  try {
    const quote = await fees.current(Date.now())
    for (const nonce of nonces) {
      const transaction = await burnOf(sender, nonce, quote)
      const attempt = await signAttempt(sender, transaction, true)
      const record: SlotRecord = { nonce, attempts: [attempt] }
      const { taken } = await storeSlot(sender, record, signal)
      if (taken) continue
      noteBurn(state, nonce)
      metrics.replacements.inc({ kind: 'burn', reason })
      logger.warn({ nonce, tx_hash: attempt.hash, reason }, 'took a nonce that only fills a gap')
    }
  } catch (fault) {
    state.commitNotBefore = Date.now() + FAILED_PAUSE_MS
    throw fault
  } finally {
    state.committing = false
  }
}
