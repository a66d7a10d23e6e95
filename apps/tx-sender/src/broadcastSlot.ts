import { ConnectorError } from '@kms-connector/protocol'
import { afterSend } from './afterSend.ts'
import { sendRaw } from './broadcast.ts'
import { park, resume } from './parking.ts'
import type { Sender } from './sender.ts'
import { newestAttempt } from './slot.ts'

/**
 * Gives the newest bytes of a slot to the node and notes what it said. The lease is looked at right before. A process that
 * is stopped between that look and the call sends bytes of the ledger after another one has taken over: the same bytes
 * that one has, or older ones for the same nonce, of which the chain takes one.
 */
export async function broadcastSlot(sender: Sender, nonce: number): Promise<void> {
  const slot = sender.state.slots.get(nonce)
  if (!slot || slot.busy) return
  slot.busy = true
  try {
    const attempt = newestAttempt(slot.record)
    sender.with.lease.require()
    const transaction = { 'kms.nonce': nonce, 'kms.transaction_hash': attempt.hash }
    const { verdict, detail } = await sender.traces.step(
      slot.record.responseSeq,
      'broadcast',
      transaction,
      async span => {
        const reply = await sendRaw(sender.rpc, sender.with.endpoint.others(), attempt.raw)
        span.set({ 'kms.verdict': reply.verdict })
        return reply
      },
    )
    sender.with.metrics.sendVerdicts.inc({ verdict })
    const after = afterSend(slot, verdict, sender.with.policy, Date.now())
    Object.assign(slot, after.slot)
    const fields = { request_id: slot.record.id, nonce, tx_hash: attempt.hash, verdict, detail }
    if (after.walletEmpty) return park(sender, 'WALLET_EMPTY', new ConnectorError('WALLET_EMPTY', detail))
    switch (after.meaning) {
      case 'taken':
        resume(sender, 'WALLET_EMPTY')
        sender.with.logger.debug(fields, 'sent a transaction')
        return
      case 'unclear':
        sender.with.logger.warn(fields, 'sending a transaction gave no clear answer')
        return
      case 'refused':
        sender.with.logger.error(fields, 'the node refused a transaction')
    }
  } finally {
    slot.busy = false
  }
}
