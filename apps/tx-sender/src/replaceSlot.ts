import { ConnectorError, type Hex } from '@kms-connector/protocol'
import { MAX_MESSAGE_BYTES } from '@kms-connector/streams'
import type { UnsignedTransaction } from '@kms-connector/wallet'
import { parseTransaction } from 'viem/utils'
import type { BurnReason } from './action.ts'
import { burnOf } from './burnOf.ts'
import type { Fees } from './fees.ts'
import { park } from './parking.ts'
import { replacementFees } from './replacementFees.ts'
import type { Sender } from './sender.ts'
import { noteBurn, type Slot } from './senderState.ts'
import { signAttempt } from './signAttempt.ts'
import { encodeSlot, newestAttempt, type SlotRecord } from './slot.ts'

/** Pause before the market is looked at again. */
const DEAR_MS = 5_000

/** Signs the answer of a stuck slot again, for a higher fee. */
export function escalateSlot(sender: Sender, nonce: number, signal: AbortSignal): Promise<void> {
  return replace(sender, nonce, undefined, signal)
}

/** Signs a transfer of nothing to ourselves for the nonce of a slot; its answer goes on when that is mined. */
export function burnSlot(sender: Sender, nonce: number, reason: BurnReason, signal: AbortSignal): Promise<void> {
  return replace(sender, nonce, reason, signal)
}

/**
 * The new bytes are stored behind the old ones by compare-and-set, and only then may they be sent: whichever of them is
 * mined, the slot knows its hash.
 * @param reason undefined: the same transaction for a higher fee
 */
async function replace(
  sender: Sender,
  nonce: number,
  reason: BurnReason | undefined,
  signal: AbortSignal,
): Promise<void> {
  const slot = sender.state.slots.get(nonce)
  if (!slot || slot.busy) return
  slot.busy = true
  try {
    const burn = reason !== undefined || newestAttempt(slot.record).burn === true
    const fees = await feesOf(sender, slot, burn)
    const record = fees && (await withReplacement(sender, slot.record, fees, burn))
    if (!record) return
    if (encodeSlot(record).length > MAX_MESSAGE_BYTES) {
      slot.exhausted = true
      return
    }
    await store(sender, slot, record, signal)
    note(sender, slot, reason)
  } catch (fault) {
    slot.notBefore = Date.now() + DEAR_MS
    throw fault
  } finally {
    slot.busy = false
  }
}

/** @returns undefined when it has to wait, or can go no higher; then the slot says so */
async function feesOf(sender: Sender, slot: Slot, burn: boolean): Promise<Fees | undefined> {
  const { fees, metrics, logger } = sender.with
  const old = feesIn(newestAttempt(slot.record).raw)
  const replacement = replacementFees({
    old,
    quote: await fees.current(Date.now()),
    ceiling: fees.ceiling,
    burn,
  })
  metrics.feeCapped.set(replacement.kind === 'fees' ? 0 : 1)
  if (replacement.kind === 'fees') return replacement.fees
  if (replacement.kind === 'exhausted') slot.exhausted = true
  else slot.notBefore = Date.now() + DEAR_MS
  logger.warn(
    { nonce: slot.record.nonce, why: replacement.kind, max_fee_per_gas: old.maxFeePerGas.toString() },
    'a transaction that is not mined cannot pay more, max_fee_per_gas_gwei is the limit',
  )
  return undefined
}

function feesIn(raw: Hex): Fees {
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(raw)
  return { maxFeePerGas, maxPriorityFeePerGas }
}

async function withReplacement(
  sender: Sender,
  record: SlotRecord,
  fees: Fees,
  burn: boolean,
): Promise<SlotRecord | undefined> {
  const transaction = burn ? await burnOf(sender, record.nonce, fees) : againOf(sender, record, fees)
  try {
    const attempt = await sender.traces.step(
      record.responseSeq,
      'sign',
      { 'kms.nonce': record.nonce, 'kms.burn': burn },
      () => signAttempt(sender, transaction, burn),
    )
    return { ...record, attempts: [...record.attempts, attempt] }
  } catch (fault) {
    park(sender, 'WALLET_NOT_SIGNING', fault)
    return undefined
  }
}

/** The newest transaction of an answer once more; what was signed says best what it was. */
function againOf(sender: Sender, { nonce, attempts }: SlotRecord, fees: Fees): UnsignedTransaction {
  const newest = attempts.findLast(({ burn }) => !burn) ?? attempts[0]
  const { to, data = '0x', gas = newest.gas } = parseTransaction(newest.raw)
  if (!to) throw new ConnectorError('INTERNAL', `a stored transaction of nonce ${nonce} has no recipient`)
  return { chainId: sender.with.chainId, nonce, to, data, gas, ...fees }
}

/** Without an answer of the ledger the bytes may or may not be stored, and only a restart finds out. */
async function store(sender: Sender, slot: Slot, record: SlotRecord, signal: AbortSignal): Promise<void> {
  const { nonce } = record
  sender.with.lease.require()
  const stored = await sender.with.ledger.append(record, slot.revision, signal).catch((fault: unknown) => {
    if (fault instanceof ConnectorError && fault.code !== 'BROKER_UNAVAILABLE') throw fault
    const detail = `the replacement for nonce ${nonce} may or may not be stored`
    const error = new ConnectorError('BROKER_UNAVAILABLE', detail, { nonce }, fault)
    sender.fail(error)
    throw error
  })
  // Somebody else's replacement is as good as ours: it is in the ledger, and ours was never sent.
  slot.record = stored.kind === 'taken' ? stored.record : record
  slot.revision = stored.revision
}

function note(sender: Sender, slot: Slot, reason: BurnReason | undefined): void {
  const { metrics, logger } = sender.with
  const { nonce, id, attempts } = slot.record
  const { hash, maxFeePerGas, burn } = newestAttempt(slot.record)
  slot.state = 'signed'
  slot.notBefore = 0
  slot.waitingSince = undefined
  slot.lastVerdict = undefined
  slot.refusals = 0
  if (reason !== undefined) slot.exhausted = false
  if (burn) noteBurn(sender.state, nonce)
  const kind = burn ? 'burn' : 'answer'
  metrics.replacements.inc({ kind, reason: reason ?? 'fee' })
  logger.warn(
    {
      nonce,
      request_id: id,
      tx_hash: hash,
      attempts: attempts.length,
      max_fee_per_gas: maxFeePerGas.toString(),
      reason,
    },
    burn ? 'replaced a transaction by one that only consumes the nonce' : 'replaced a transaction by a dearer one',
  )
}
