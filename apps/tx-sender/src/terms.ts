import { ConnectorError } from '@kms-connector/protocol'
import { type Logger, retry } from '@kms-connector/service-kit'
import { KeyValue, RESPONSES, SENDER_BUCKET, streamIdentity } from '@kms-connector/streams'
import { readPendingFloor } from './chainView.ts'
import { CheckpointStore } from './checkpoint.ts'
import type { Lease } from './lease.ts'
import type { SenderMetrics } from './metrics.ts'
import { readAdoptedFloor } from './nonceOrder.ts'
import type { Role } from './role.ts'
import { Sender, type SenderDependencies } from './sender.ts'
import { forgetSlots } from './showSlots.ts'

/** How long transactions that waited at the node at start keep their nonces. */
const PENDING_GRACE_MS = 60_000
/** A node that does not answer at the start of a term is waited for, as at any other time. */
const NODE_BACKOFF = { firstMs: 250, maxMs: 5_000 }

export interface Terms {
  readonly role: Role
  readonly lease: Lease
  readonly metrics: SenderMetrics
  readonly logger: Logger
  /** Ends the present term in order, and there is no next one. */
  readonly signal: AbortSignal
  /** How long what is under way may take after the signal, milliseconds. */
  readonly graceMs: number
  /** Loads what earlier terms left, of whatever process. */
  readonly begin: (lost: AbortSignal) => Promise<Sender>
}

/**
 * Waits for the lease, sends while it is held, and waits again when it is lost. A term starts from what the broker holds,
 * never from what this process remembers of an earlier one.
 * @throws ConnectorError with which only a restart, or an operator where it is fatal, can go on
 */
export async function serveTerms({ role, lease, metrics, logger, signal, graceMs, begin }: Terms): Promise<void> {
  const hardStop = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => hardStop.abort(), graceMs).unref(), { once: true })
  metrics.active.set(0)
  for (;;) {
    const lost = await lease.acquire(signal)
    if (!lost) return
    try {
      logger.info('acquired the lease: this sender acts')
      role.sender = await begin(AbortSignal.any([lost, signal]))
      metrics.active.set(1)
      await role.sender.run(signal, hardStop.signal, lost)
    } catch (fault) {
      const over = lost.aborted || (fault instanceof ConnectorError && fault.code === 'LEASE_LOST')
      if (!over && !signal.aborted) throw fault
      if (!signal.aborted) logger.warn({ err: fault }, 'lost the lease: another sender may act, this one stands by')
    } finally {
      role.sender = undefined
      metrics.active.set(0)
      forgetSlots(metrics)
      await lease.release()
    }
  }
}

/** Everything of a sender but what a term loads. */
export type TermDependencies = Omit<SenderDependencies, 'responses' | 'checkpoints'>

/**
 * Loads checkpoint and ledger as they are now.
 * @throws ConnectorError CHECKPOINT_INVALID (fatal), or the reason of the signal
 */
export async function beginTerm(dependencies: TermDependencies, signal: AbortSignal): Promise<Sender> {
  const { broker, ledger, endpoint, wallet, logger } = dependencies
  const responses = await streamIdentity(broker, RESPONSES)
  const sender = new KeyValue(broker, SENDER_BUCKET)
  const checkpoints = new CheckpointStore(sender, responses.created)
  const checkpoint = await checkpoints.load(responses, signal)
  const slots = await ledger.load(signal)
  const adoptedFloor = await readAdoptedFloor(sender, signal)
  // The node may hold transactions of a ledger that is gone.
  const pending = {
    below: await retry(() => readPendingFloor(endpoint.rpc, wallet.address, signal), {
      attempts: Number.POSITIVE_INFINITY,
      backoff: NODE_BACKOFF,
      signal,
      onRetry(fault, failures) {
        endpoint.noteLook(false)
        logger.warn({ err: fault, failures }, 'could not read the state of the wallet')
      },
    }),
    until: Date.now() + PENDING_GRACE_MS,
  }
  logger.info(
    { wallet: wallet.address, checkpoint: checkpoint.seq, slots: slots.length, pending_nonce: pending.below },
    'started to send answers',
  )
  const held = new Map(slots.map(slot => [slot.record.nonce, slot]))
  const begun = new Sender({ ...dependencies, responses, checkpoints }, held, checkpoint, pending)
  begun.state.adoptedFloor = adoptedFloor
  return begun
}
