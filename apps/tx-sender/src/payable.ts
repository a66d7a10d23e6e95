import type { Fees } from './fees.ts'
import { type InboxEntry, isOpen, type SenderState } from './senderState.ts'
import { costOf } from './slot.ts'

/** How many answers, from the first on, the wallet can pay for on top of what waits to be mined. */
export function payableCount(
  state: SenderState,
  entries: readonly Pick<InboxEntry, 'gas'>[],
  { maxFeePerGas }: Pick<Fees, 'maxFeePerGas'>,
  balance: bigint,
): number {
  let rest = balance - reserved(state)
  const unpaid = entries.findIndex(({ gas }) => {
    rest -= gas * maxFeePerGas
    return rest < 0n
  })
  return unpaid < 0 ? entries.length : unpaid
}

/** What transactions that are not mined may still cost, wei. */
function reserved({ slots }: SenderState): bigint {
  let sum = 0n
  for (const slot of slots.values()) if (isOpen(slot) && slot.state !== 'mined') sum += costOf(slot.record)
  return sum
}
