import { ConnectorError, type RequestId } from '@kms-connector/protocol'
import type { SignedTransaction } from '@kms-connector/wallet'
import type { Fees } from './fees.ts'
import { slotOf } from './ledger.ts'
import { park, resume } from './parking.ts'
import { calldata } from './prepare.ts'
import type { Sender } from './sender.ts'
import { type InboxEntry, isOpen, type SenderState } from './senderState.ts'
import { costOf, type SlotRecord } from './slot.ts'

const FAILED_COMMIT_PAUSE_MS = 1_000

/**
 * Signs ready answers for consecutive nonces and stores their slots. Signing comes first and holds nothing: where it
 * fails, the nonces from there on stay free. A nonce is taken only by storing the signed bytes.
 * @param wake called as soon as a slot is stored and may be sent
 */
export async function commitAnswers(
  sender: Sender,
  seqs: readonly number[],
  nonces: readonly number[],
  signal: AbortSignal,
  wake: () => void,
): Promise<void> {
  const { state } = sender
  const entries = seqs.map(seq => state.inbox.get(seq)).filter(entry => entry !== undefined)
  state.committing = true
  for (const entry of entries) entry.busy = true
  try {
    const { rpc, wallet, fees: quote } = sender.with
    const [fees, balance] = await Promise.all([
      quote.current(Date.now()),
      rpc.quantity('eth_getBalance', [wallet.address, 'latest']),
    ])
    const records = await signInOrder(sender, payable(sender, entries, fees, balance), nonces, fees)
    // CAST: one entry a record
    const allocations = records.map((record, i) => allocate(sender, entries[i] as InboxEntry, record, signal, wake))
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

/** @returns the answers, from the first on, that the wallet can pay for on top of what waits to be mined */
function payable(
  sender: Sender,
  entries: readonly InboxEntry[],
  { maxFeePerGas }: Fees,
  balance: bigint,
): readonly InboxEntry[] {
  let rest = balance - reserved(sender.state)
  const unpaid = entries.findIndex(({ gas }) => {
    rest -= gas * maxFeePerGas
    return rest < 0n
  })
  if (unpaid !== 0) return unpaid < 0 ? entries : entries.slice(0, unpaid)
  // What waits to be mined gives back most of what it reserves; only a wallet that cannot pay for one is empty.
  if ((entries[0]?.gas ?? 0n) * maxFeePerGas <= balance) {
    sender.state.commitNotBefore = Date.now() + FAILED_COMMIT_PAUSE_MS
  } else {
    park(sender, 'WALLET_EMPTY', new ConnectorError('WALLET_EMPTY', `${balance} wei do not pay for one answer`))
  }
  return []
}

/** What transactions that are not mined may still cost, wei. */
function reserved({ slots }: SenderState): bigint {
  let sum = 0n
  for (const slot of slots.values()) if (isOpen(slot) && slot.state !== 'mined') sum += costOf(slot.record)
  return sum
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

async function sign(sender: Sender, entry: InboxEntry, nonce: number, fees: Fees): Promise<SlotRecord> {
  const { wallet, chainId, addressOf } = sender.with
  const { gas, response, seq } = entry
  const { operation, id, answer } = response
  const call = operation.call(id, answer)
  const transaction = { chainId, nonce, to: addressOf(call.contract), data: calldata(call), gas, ...fees }
  return recordOf(seq, operation.name, id, nonce, await wallet.sign(transaction), { gas, ...fees })
}

function recordOf(
  responseSeq: number,
  operation: string,
  id: RequestId,
  nonce: number,
  { hash, raw }: SignedTransaction,
  { gas, maxFeePerGas }: Fees & { readonly gas: bigint },
): SlotRecord {
  return { nonce, responseSeq, operation, id, attempts: [{ hash, raw, gas, maxFeePerGas, signedAt: Date.now() }] }
}

/** Never throws: without an answer of the ledger the nonce may or may not be taken, and only a restart finds out. */
async function allocate(
  sender: Sender,
  entry: InboxEntry,
  record: SlotRecord,
  signal: AbortSignal,
  wake: () => void,
): Promise<void> {
  const { nonce, id } = record
  const slot = slotOf(record, 0)
  // In the picture before it is stored, so that the next plan does not take the same nonce.
  sender.state.slots.set(nonce, slot)
  entry.state = 'slotted'
  try {
    const allocation = await sender.with.ledger.allocate(record, signal)
    slot.revision = allocation.revision
    if (allocation.kind === 'taken') {
      adopt(sender.state, entry, allocation.record, allocation.revision)
      const error = new ConnectorError('NONCE_TAKEN', `nonce ${nonce} belongs to another sender's slot`, { nonce })
      sender.with.logger.error({ err: error, request_id: id }, 'another sender took a nonce')
    }
  } catch (fault) {
    const detail = `the slot of nonce ${nonce} may or may not be stored`
    sender.fail(new ConnectorError('BROKER_UNAVAILABLE', detail, { nonce }, fault))
  } finally {
    wake()
  }
}

/** Takes over the slot that another sender stored; its answer must not get a second nonce, ours gets the next one. */
function adopt({ slots, inbox }: SenderState, ours: InboxEntry, record: SlotRecord, revision: number): void {
  slots.set(record.nonce, slotOf(record, revision))
  ours.state = 'ready'
  const owner = inbox.get(record.responseSeq)
  if (owner) owner.state = 'slotted'
}
