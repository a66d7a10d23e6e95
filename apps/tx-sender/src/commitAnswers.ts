import { ConnectorError } from '@kms-connector/protocol'
import type { Fees, Quote } from './fees.ts'
import { park, resume } from './parking.ts'
import { payableCount } from './payable.ts'
import { BALANCE_FOR_MS, type Sender } from './sender.ts'
import { answerOf, type InboxEntry } from './senderState.ts'
import { signAttempt } from './signAttempt.ts'
import type { SlotRecord } from './slot.ts'
import { storeSlot } from './storeSlot.ts'

const FAILED_COMMIT_PAUSE_MS = 1_000
const DEAR_PAUSE_MS = 5_000

/**
 * Signs ready answers for consecutive nonces and stores their slots. Signing comes first and holds nothing: where it
 * fails, the nonces from there on stay free. A nonce is taken only by storing the signed bytes.
 */
export async function commitAnswers(
  sender: Sender,
  seqs: readonly number[],
  nonces: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const { state } = sender
  const entries = seqs.map(seq => state.inbox.get(seq)).filter(entry => entry !== undefined)
  state.committing = true
  for (const entry of entries) entry.busy = true
  try {
    const fees = await sender.with.fees.current(Date.now())
    if (waitsForCheaperBlocks(sender, fees)) return
    const records = await signInOrder(sender, await payable(sender, entries, fees), nonces, fees)
    // CAST: one entry a record
    const allocations = records.map((record, i) => allocate(sender, entries[i] as InboxEntry, record, signal))
    await Promise.all(allocations)
    if (records.length === entries.length) resume(sender, 'WALLET_NOT_SIGNING', 'WALLET_EMPTY')
  } catch (fault) {
    state.commitNotBefore = Date.now() + FAILED_COMMIT_PAUSE_MS
    throw fault
  } finally {
    for (const entry of entries) entry.busy = false
    state.committing = false
  }
}

/** Bytes that no block takes at the ceiling would only hold their nonces. */
function waitsForCheaperBlocks(sender: Sender, { baseFee, maxPriorityFeePerGas }: Quote): boolean {
  const { fees, metrics, logger } = sender.with
  const dear = baseFee + maxPriorityFeePerGas > fees.ceiling
  metrics.feeCapped.set(dear ? 1 : 0)
  if (!dear) return false
  sender.state.commitNotBefore = Date.now() + DEAR_PAUSE_MS
  logger.warn({ base_fee: baseFee.toString() }, 'waits for cheaper blocks, max_fee_per_gas_gwei is the limit')
  return true
}

/** @returns the answers, from the first on, that the wallet can pay for on top of what waits to be mined */
async function payable(sender: Sender, entries: readonly InboxEntry[], fees: Fees): Promise<readonly InboxEntry[]> {
  const recent = await balanceOf(sender, BALANCE_FOR_MS)
  if (payableCount(sender.state, entries, fees, recent) === entries.length) return entries
  const balance = await balanceOf(sender, 0)
  const paid = payableCount(sender.state, entries, fees, balance)
  if (paid > 0) return entries.slice(0, paid)
  // What waits to be mined gives back most of what it reserves; only a wallet that cannot pay for one is empty.
  if ((entries[0]?.gas ?? 0n) * fees.maxFeePerGas <= balance) {
    sender.state.commitNotBefore = Date.now() + FAILED_COMMIT_PAUSE_MS
  } else {
    park(sender, 'WALLET_EMPTY', new ConnectorError('WALLET_EMPTY', `${balance} wei do not pay for one answer`))
  }
  return []
}

function balanceOf({ rpc, with: { balance } }: Sender, maxAgeMs: number): Promise<bigint> {
  return balance.current(rpc, Date.now(), maxAgeMs)
}

/** @returns records up to the first that could not be signed */
async function signInOrder(
  sender: Sender,
  entries: readonly InboxEntry[],
  nonces: readonly number[],
  fees: Fees,
): Promise<SlotRecord[]> {
  // CAST: the plan gives one nonce an entry
  const results = await Promise.allSettled(entries.map((entry, i) => sign(sender, entry, nonces[i] as number, fees)))
  const records: SlotRecord[] = []
  for (const result of results) {
    if (result.status === 'rejected') {
      park(sender, 'WALLET_NOT_SIGNING', result.reason)
      break
    }
    records.push(result.value)
  }
  return records
}

async function sign(
  sender: Sender,
  { gas, call, response, seq }: InboxEntry,
  nonce: number,
  { maxFeePerGas, maxPriorityFeePerGas }: Fees,
): Promise<SlotRecord> {
  const { operation, id } = response
  if (!call) throw new ConnectorError('INTERNAL', `answer ${seq} is to be signed and was never tried`)
  const { chainId } = sender.with
  const transaction = { chainId, nonce, ...call, gas, maxFeePerGas, maxPriorityFeePerGas }
  const attempt = await sender.traces.step(seq, 'sign', { 'kms.nonce': nonce }, () =>
    signAttempt(sender, transaction, false),
  )
  return { nonce, responseSeq: seq, operation: operation.name, id, attempts: [attempt] }
}

/** Takes the nonce; where another sender has it, that one's answer keeps it and ours gets the next one. */
async function allocate(sender: Sender, entry: InboxEntry, record: SlotRecord, signal: AbortSignal): Promise<void> {
  entry.state = 'slotted'
  const { slot, taken } = await storeSlot(sender, record, signal)
  if (!taken) {
    // The slot has it, signed.
    entry.call = undefined
    return
  }
  entry.state = 'ready'
  const owner = answerOf(sender.state, slot.record)
  if (owner) owner.state = 'slotted'
}
