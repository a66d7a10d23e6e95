import { ConnectorError } from '@kms-connector/protocol'
import { slotOf } from './ledger.ts'
import type { Sender } from './sender.ts'
import type { Slot } from './senderState.ts'
import type { SlotRecord } from './slot.ts'

/**
 * Takes a nonce by creating its slot. The lease is looked at right before; between that look and the write another sender
 * may take over, which the creation of the key decides: one of the two gets the nonce, the other one takes over its record.
 * Never throws: without an answer of the ledger the nonce may or may not be taken, and only a restart finds out.
 * @returns the slot as it is in the picture, and whether another sender's record is in it
 */
export async function storeSlot(
  sender: Sender,
  record: SlotRecord,
  signal: AbortSignal,
): Promise<{ readonly slot: Slot; readonly taken: boolean }> {
  const { nonce, id } = record
  // In the picture before it is stored, so that the next plan does not take the same nonce.
  const slot = slotOf(record, 0, sender.with.ledger.newestRevision)
  sender.state.slots.set(nonce, slot)
  try {
    sender.with.lease.require()
    const allocation = await sender.traces.step(record.responseSeq, 'slot', { 'kms.nonce': nonce }, () =>
      sender.with.ledger.allocate(record, signal),
    )
    slot.revision = allocation.revision
    if (allocation.kind === 'allocated') return { slot, taken: false }
    slot.record = allocation.record
    const error = new ConnectorError('NONCE_TAKEN', `nonce ${nonce} belongs to another sender's slot`, { nonce })
    sender.with.logger.error({ err: error, request_id: id }, 'another sender took a nonce')
    return { slot, taken: true }
  } catch (fault) {
    const detail = `the slot of nonce ${nonce} may or may not be stored`
    const leaseLost = fault instanceof ConnectorError && fault.code === 'LEASE_LOST'
    sender.fail(leaseLost ? fault : new ConnectorError('BROKER_UNAVAILABLE', detail, { nonce }, fault))
    return { slot, taken: false }
  } finally {
    sender.wake.now()
  }
}
