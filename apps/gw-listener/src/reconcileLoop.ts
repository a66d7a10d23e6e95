import type { OperationTable } from '@kms-connector/protocol'
import type { ListenerSettings, Logger, ServiceContext } from '@kms-connector/service-kit'
import type { Broker } from '@kms-connector/streams'
import { type ReconcileMetrics, reconcileMetrics } from './metrics.ts'
import { Reconciler, type ReconcilerOptions } from './reconciler.ts'

/** Unsettled answers that one look names; the metric counts all. */
const NAMED = 10

/**
 * With more to read, it rests this many times as long as it has looked: what it reads is what live requests go through, and a
 * backlog of it has no hurry.
 */
const RESTS = 4

/** Terms of reconciliation, as the settings say. */
export function reconcileTerms(settings: {
  readonly reconcile_age: number
  readonly streams: { readonly response_age: number; readonly outcome_age: number }
}): ReconcilerOptions {
  const { response_age: provenMs, outcome_age: outcomeAgeMs } = settings.streams
  return { ageMs: settings.reconcile_age, provenMs, outcomeAgeMs }
}

/** Starts to look for lost requests beside the reading of the chain, if the settings say so. */
export function startReconciler(ctx: ServiceContext<ListenerSettings>, broker: Broker, table: OperationTable): void {
  const { settings, logger } = ctx
  if (!settings.reconcile) return
  const metrics = reconcileMetrics(ctx.metrics)
  for (const { name } of table.all) metrics.repeated.inc({ operation: name }, 0)
  const reconciler = new Reconciler(broker, table.all, reconcileTerms(settings))
  ctx.loop({
    name: 'reconcile',
    maxStepMs: 15 * 60_000,
    backoff: { firstMs: 1_000, maxMs: 60_000 },
    step: async (signal, beat) => {
      const begin = performance.now()
      const more = await reconcileOnce(reconciler, metrics, logger, signal, beat)
      const restMs = RESTS * (performance.now() - begin)
      return more ? Math.min(restMs, settings.reconcile_interval) : settings.reconcile_interval
    },
  })
}

/** Looks, runs again what is lost, counts, and says it. @returns whether there is more to read */
async function reconcileOnce(
  reconciler: Reconciler,
  metrics: ReconcileMetrics,
  logger: Logger,
  signal: AbortSignal,
  beat: () => void,
): Promise<boolean> {
  const finding = await reconciler.look(signal, true)
  for (const [operation, open] of finding.open) metrics.open.set({ operation }, open)
  metrics.unsettled.set(finding.unsettled.length)
  for (const { operation, request } of finding.lost) {
    beat()
    const subject = await reconciler.repeat(operation, request, signal)
    if (subject === undefined) continue
    metrics.repeated.inc({ operation: operation.name })
    const { id, run, standing } = request
    logger.warn(
      { request_id: id, operation: operation.name, seq: run.seq, stored_at: run.storedAt, standing, subject },
      'ran a request again: it was acknowledged, but neither answered nor given up',
    )
  }
  for (const { seq, subject } of finding.unsettled.slice(0, NAMED))
    logger.error({ seq, subject }, 'an answer behind the checkpoint of the sender has no outcome')
  return finding.more
}
