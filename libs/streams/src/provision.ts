import { ConnectorError } from '@kms-connector/protocol'
import type { ConsumerInfo, StreamInfo } from 'nats'
import { brokerAdvice } from './brokerAdvice.ts'
import { faultText, isConsumerMissing, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { consumerDrift, type Drift, describeDrift, streamDrift } from './drift.ts'
import { requireFeatures } from './features.ts'
import { lossesOf } from './losses.ts'
import { missingFault } from './lostParts.ts'
import { findLost } from './survey.ts'
import type { ConsumerPlan, StreamPlan, Topology } from './topology.ts'
import { untilCertain } from './untilCertain.ts'

/**
 * `manage` creates and updates, but keeps limits whose lowering would remove messages; `shorten` lowers them, too; `verify`
 * changes nothing, for brokers whose streams something else owns.
 */
export type ProvisionMode = 'manage' | 'shorten' | 'verify'

export interface ProvisionReport {
  readonly created: readonly string[]
  /** Fields that were changed to what the topology says. */
  readonly updated: readonly Drift[]
  /** Fields that differ and were left alone: all of them with mode `verify`, limits to be lowered with mode `manage`. */
  readonly drifted: readonly Drift[]
}

interface MutableReport {
  readonly created: string[]
  readonly updated: Drift[]
  readonly drifted: Drift[]
}

/**
 * Brings the broker to the given topology. Idempotent, and safe when several processes do it at once. Nothing is ever
 * deleted: what cannot be changed in place is a fault for the operator. What is missing is created on a broker that was
 * never used; beside streams in use it was lost, and creating it in silence would skip what it held.
 * @throws ConnectorError TOPOLOGY_DRIFT naming stream, field, expected and found value; STREAM_MISSING;
 *   BROKER_FEATURE_MISSING; BROKER_UNAVAILABLE
 */
export async function provision(
  broker: Broker,
  topology: Topology,
  mode: ProvisionMode = 'manage',
): Promise<ProvisionReport> {
  requireFeatures(broker.features, topology.replicas)
  const lost = await findLost(broker, topology)
  if (lost.length > 0) throw missingFault(lost)
  return createAndUpdate(broker, topology, mode)
}

/** The same without asking whether what is missing was lost: for whoever knows, and repairs it. */
export async function createAndUpdate(
  broker: Broker,
  topology: Topology,
  mode: ProvisionMode = 'manage',
): Promise<ProvisionReport> {
  const report: MutableReport = { created: [], updated: [], drifted: [] }
  for (const plan of topology.streams) await provisionStream(broker, plan, mode, report)
  for (const plan of topology.consumers) await provisionConsumer(broker, plan, mode, report)
  return report
}

async function provisionStream(broker: Broker, plan: StreamPlan, mode: ProvisionMode, report: MutableReport) {
  const { streams } = broker.manager
  const found = await orMissing(() => streams.info(plan.name), isStreamMissing)
  if (!found) {
    const created = await create(plan.name, mode, report, () => streams.add({ ...plan }))
    // Another process may have created it in the meantime, with a topology of its own.
    return requireEcho(streamDrift(plan, (created ?? (await ask(() => streams.info(plan.name)))).config))
  }
  const kept = mode === 'manage' ? lossesOf(plan, streamDrift(plan, found.config)).map(({ field }) => field) : []
  report.drifted.push(...streamDrift(plan, found.config).filter(({ field }) => kept.some(each => each === field)))
  const wanted = { ...plan, ...Object.fromEntries(kept.map(field => [field, found.config[field]])) }
  const drift = streamDrift(wanted, found.config)
  if (!mayUpdate(drift, mode, report)) return
  const updated = await update(drift, () => streams.update(plan.name, wanted))
  requireEcho(streamDrift(wanted, updated.config))
  report.updated.push(...drift)
}

async function provisionConsumer(broker: Broker, plan: ConsumerPlan, mode: ProvisionMode, report: MutableReport) {
  const { consumers, streams } = broker.manager
  const { stream, config } = plan
  const name = `${stream}/${config.durable_name}`
  const info = () => consumers.info(stream, config.durable_name)
  const found = await orMissing(info, isConsumerMissing)
  if (!found) {
    const created = await create(name, mode, report, () => consumers.add(stream, { ...config }))
    return requireEcho(consumerDrift(stream, config, (created ?? (await ask(info))).config))
  }
  requireFloorWithinStream(found, await ask(() => streams.info(stream)))
  const drift = consumerDrift(stream, config, found.config)
  if (!mayUpdate(drift, mode, report)) return
  const updated = await update(drift, () => consumers.update(stream, config.durable_name, { ...config }))
  requireEcho(consumerDrift(stream, config, updated.config))
  report.updated.push(...drift)
}

/** @returns the new thing, or undefined when somebody else created it first */
async function create<T>(name: string, mode: ProvisionMode, report: MutableReport, add: () => Promise<T>) {
  if (mode === 'verify') throw new ConnectorError('TOPOLOGY_DRIFT', `${name} does not exist`, { name })
  try {
    const created = await add()
    report.created.push(name)
    return created
  } catch (fault) {
    if (/already (in use|exists)/.test(faultText(fault))) return undefined
    throw unavailable(`${name} cannot be created`, fault)
  }
}

/** @returns whether there is drift to be corrected now; what cannot be corrected is thrown */
function mayUpdate(drift: readonly Drift[], mode: ProvisionMode, report: MutableReport): boolean {
  requireEcho(drift.filter(d => d.immutable))
  if (mode === 'verify') report.drifted.push(...drift)
  return mode !== 'verify' && drift.length > 0
}

async function update<T>(drift: readonly Drift[], change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (fault) {
    const what = drift.map(describeDrift).join('; ')
    throw new ConnectorError('TOPOLOGY_DRIFT', `${what}; the server refuses the change: ${faultText(fault)}`, {}, fault)
  }
}

/** Old servers accept and ignore what they do not know, so what they echo after a change is compared again. */
function requireEcho(drift: readonly Drift[]): void {
  const first = drift[0]
  if (!first) return
  const { name, field, expected, found } = first
  throw new ConnectorError('TOPOLOGY_DRIFT', drift.map(describeDrift).join('; '), { name, field, expected, found })
}

/** After a power loss a consumer can believe to have seen more than its stream still has; it would skip new messages. */
function requireFloorWithinStream(consumer: ConsumerInfo, stream: StreamInfo): void {
  const floor = consumer.ack_floor.stream_seq
  if (floor <= stream.state.last_seq) return
  requireEcho([
    {
      name: `${consumer.stream_name}/${consumer.name}`,
      field: 'ack_floor',
      expected: `at most ${stream.state.last_seq}`,
      found: `${floor}`,
      immutable: true,
    },
  ])
}

function orMissing<T>(question: () => Promise<T>, missing: (fault: unknown) => boolean): Promise<T | undefined> {
  return ask(async () => {
    try {
      return await question()
    } catch (fault) {
      if (missing(fault)) return undefined
      throw fault
    }
  })
}

function ask<T>(question: () => Promise<T>): Promise<T> {
  return untilCertain('JetStream', question)
}

function unavailable(detail: string, fault: unknown): ConnectorError {
  const text = faultText(fault)
  const advice = brokerAdvice(text)
  return new ConnectorError(
    'BROKER_UNAVAILABLE',
    `${detail}: ${text}${advice === undefined ? '' : `; ${advice}`}`,
    {},
    fault,
  )
}
