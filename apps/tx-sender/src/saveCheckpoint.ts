import type { Sender } from './sender.ts'
import { isOpen, lastSettled } from './senderState.ts'

/**
 * Moves the checkpoint over settled responses and forgets settled slots.
 * @param purgeBelow every slot with a lower revision is settled; undefined when none can go
 */
export async function saveCheckpoint(
  sender: Sender,
  seq: number,
  purgeBelow: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { state } = sender
  const { checkpoints, ledger, metrics } = sender.with
  state.checkpointing = true
  try {
    if (seq > state.checkpoint) {
      await checkpoints.store({ seq, lastRead: lastSettled(state) }, signal)
      state.checkpoint = seq
      metrics.checkpoint.set(seq)
    }
    if (purgeBelow === undefined) return
    await ledger.purgeBelow(purgeBelow, signal)
    for (const [nonce, slot] of state.slots) {
      if (slot.revision > 0 && slot.revision < purgeBelow && !isOpen(slot)) state.slots.delete(nonce)
    }
  } finally {
    state.checkpointing = false
    state.checkpointedAt = Date.now()
  }
}
