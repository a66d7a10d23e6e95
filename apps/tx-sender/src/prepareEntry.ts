import type { ConnectorError } from '@kms-connector/protocol'
import { backoffDelay } from '@kms-connector/service-kit'
import { isUsedUp, stepAfter } from './afterPreparation.ts'
import { isSettledOutcome } from './earlierOutcome.ts'
import { buryAnswer, publishOutcome } from './outcomes.ts'
import { park, resume } from './parking.ts'
import { prepareAnswer } from './prepare.ts'
import type { Preparation } from './refusal.ts'
import type { Sender } from './sender.ts'
import type { InboxEntry } from './senderState.ts'

/** Pauses before an answer that was refused for now is tried again: a lagging node catches up within seconds. */
const RETRY = { firstMs: 500, maxMs: 30_000, factor: 2, jitter: 0.3 }

/** Asks the contract about an answer and moves its entry on. */
export async function prepareEntry(sender: Sender, seq: number, signal: AbortSignal): Promise<void> {
  const entry = sender.state.inbox.get(seq)
  if (!entry) return
  entry.busy = true
  try {
    if (entry.old && (await isSettledOutcome(sender.with.broker, entry))) sender.state.inbox.delete(seq)
    else await prepare(sender, entry, signal)
  } catch (fault) {
    entry.notBefore = Date.now() + backoffDelay(RETRY, ++entry.unanswered, Math.random())
    throw fault
  } finally {
    entry.busy = false
  }
}

async function prepare(sender: Sender, entry: InboxEntry, signal: AbortSignal): Promise<void> {
  const { wallet, addressOf, metrics, learned } = sender.with
  const { operation, id, answer } = entry.response
  if (!operation.answer) {
    // Nothing goes on chain for a fire-and-forget operation: that the Core accepted it is its outcome.
    await publishOutcome(sender, entry, { status: 'completed', attempts: 0 }, signal)
    sender.state.inbox.delete(entry.seq)
    return
  }
  sender.foresee()
  const context = { rpc: sender.rpc, learned, wallet: wallet.address, addressOf }
  const { accepted } = sender.state
  const preparation = await sender.traces.step(entry.seq, 'prepare', {}, () =>
    prepareAnswer(context, () => operation.call(id, answer), entry.reverted),
  )
  metrics.preparations.inc({ operation: operation.name, result: preparation.kind })
  await moveOn(sender, entry, preparation, accepted, signal)
}

/** @param acceptedBefore answers that had been taken when the question was asked */
async function moveOn(
  sender: Sender,
  entry: InboxEntry,
  preparation: Preparation,
  acceptedBefore: number,
  signal: AbortSignal,
): Promise<void> {
  // Meanwhile a slot of another sender may have turned up for this very answer.
  if (entry.state !== 'waiting' || sender.state.inbox.get(entry.seq) !== entry) return
  if (preparation.kind !== 'unanswered') entry.unanswered = 0
  if (preparation.kind === 'park') entry.parkedAfter ??= acceptedBefore
  const step = stepAfter(entry, preparation, { acceptedBefore, accepted: sender.state.accepted })
  switch (step.kind) {
    case 'ready':
      entry.gas = step.gas
      entry.call = step.call
      entry.state = 'ready'
      sender.state.accepted++
      return resume(sender, 'WALLET_NOT_REGISTERED', 'SIGNER_NOT_REGISTERED')
    case 'settled':
      await publishOutcome(sender, entry, { status: 'already-answered', attempts: entry.reverted }, signal)
      sender.state.inbox.delete(entry.seq)
      return
    case 'ask-again':
      return pauseEntry(sender, entry, ++entry.unanswered, step.error)
    case 'park':
      return park(sender, step.code, step.error)
    case 'refused':
      return tryLater(sender, entry, step.error, signal)
    case 'bury':
      return giveUp(sender, entry, step.error, signal)
  }
}

/**
 * Puts an answer back that the contract refused for now, or gives it up once its budget of refusals and age is used up.
 * Key management never is, nor is anything given up because a node does not answer.
 */
export async function tryLater(
  sender: Sender,
  entry: InboxEntry,
  error: ConnectorError,
  signal: AbortSignal,
): Promise<void> {
  const { budget } = sender.with
  entry.tries++
  const ageMs = Date.now() - entry.delivery.firstStoredAt
  if (isUsedUp(entry.response.operation.group, entry.tries, ageMs, budget)) return giveUp(sender, entry, error, signal)
  pauseEntry(sender, entry, entry.tries, error)
}

async function giveUp(sender: Sender, entry: InboxEntry, error: ConnectorError, signal: AbortSignal): Promise<void> {
  await buryAnswer(sender, entry, error, entry.reverted, signal)
  sender.state.inbox.delete(entry.seq)
}

function pauseEntry(sender: Sender, entry: InboxEntry, failures: number, error: ConnectorError): void {
  const pauseMs = backoffDelay(RETRY, failures, Math.random())
  entry.state = 'waiting'
  entry.notBefore = Date.now() + pauseMs
  sender.with.logger.warn(
    { err: error, request_id: entry.response.id, tries: entry.tries, again_in_ms: pauseMs },
    'could not send an answer yet',
  )
}
