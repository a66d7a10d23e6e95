import { BODY_VERSION, ConnectorError, decodeBody } from '@kms-connector/protocol'
import { z } from 'zod'
import { isConsumerMissing, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { continuityFault, lastReadSchema } from './continuity.ts'
import { cursorFault, readCursor, resetCursor } from './cursor.ts'
import { KeyValue } from './keyValue.ts'
import { lostParts, missingParts, operationOf } from './lostParts.ts'
import { CURSOR_BUCKET, RESPONSES, SENDER_BUCKET } from './names.ts'
import { bucketStream, consumerPosition } from './observe.ts'
import { createAndUpdate, type ProvisionMode } from './provision.ts'
import type { Damage, RepairPlan } from './repairPlan.ts'
import { checkpointFault, streamIdentity } from './streamIdentity.ts'
import { survey } from './survey.ts'
import type { Topology } from './topology.ts'
import { untilCertain } from './untilCertain.ts'

/** Key of the sender's checkpoint in its bucket. */
const CHECKPOINT_KEY = 'checkpoint'
const checkpointSchema = z.object({
  v: z.literal(BODY_VERSION),
  seq: z.number(),
  created: z.string(),
  lastRead: lastReadSchema.optional(),
})

/**
 * Looks what a broker has lost: by deletion, by a restore of an older copy, or both. Changes nothing.
 * @param chainId chain whose cursors count
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function inspectDamage(broker: Broker, topology: Topology, chainId: number): Promise<Damage> {
  const found = await survey(broker, topology)
  // A broker with nothing of ours: its volume was lost, or it was never used, and the operator knows which.
  const lost = found.lastSeqs.size === 0 ? missingParts(topology, found) : lostParts(topology, found)
  const absent = new Set(lost)
  const cursorsAhead: string[] = []
  const consumersAhead: string[] = []
  for (const { name } of topology.streams) {
    const operation = operationOf(topology, name)
    if (operation === undefined || absent.has(name) || absent.has(bucketStream(CURSOR_BUCKET))) continue
    const identity = await ifPresent(() => streamIdentity(broker, name))
    const cursor = identity && (await readCursor(new KeyValue(broker, CURSOR_BUCKET), `${chainId}.${operation}`))
    if (cursor && cursorFault(cursor, identity)) cursorsAhead.push(operation)
  }
  for (const { stream, config } of topology.consumers) {
    const name = `${stream}/${config.durable_name}`
    if (absent.has(stream) || absent.has(name)) continue
    const identity = await ifPresent(() => streamIdentity(broker, stream))
    const position = identity && (await consumerPosition(broker, stream, config.durable_name))
    if (position && position.ackFloorSeq > identity.lastSeq) consumersAhead.push(name)
  }
  return { lost, cursorsAhead, consumersAhead, checkpointUnfit: await isCheckpointUnfit(broker, absent) }
}

async function isCheckpointUnfit(broker: Broker, absent: ReadonlySet<string>): Promise<boolean> {
  if (absent.has(RESPONSES) || absent.has(bucketStream(SENDER_BUCKET))) return false
  const identity = await ifPresent(() => streamIdentity(broker, RESPONSES))
  if (!identity) return false
  const entry = await new KeyValue(broker, SENDER_BUCKET).get(CHECKPOINT_KEY)
  if (!entry) return false
  const checkpoint = decodeBody(checkpointSchema, entry.value)
  const { lastRead } = checkpoint
  const fault =
    checkpointFault(checkpoint, identity) ?? (lastRead && (await continuityFault(broker, RESPONSES, lastRead)))
  return fault !== undefined
}

/** A broker that was never used has no streams yet. */
async function ifPresent<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question()
  } catch (fault) {
    if (fault instanceof ConnectorError && fault.facts['missing'] === true) return undefined
    throw fault
  }
}

/**
 * Carries out a plan. The services must be stopped. Every step is harmless when repeated, so a repair that was interrupted is
 * run again; nothing that is still on the broker is removed but consumers, which only remember positions.
 * @param from chain and block that the cursors of `plan.reread` begin with
 * @param mode what may be done about limits that are higher than the topology says
 * @throws ConnectorError BROKER_UNAVAILABLE, TOPOLOGY_DRIFT
 */
export async function carryOutRepair(
  broker: Broker,
  topology: Topology,
  plan: RepairPlan,
  from: { readonly chainId: number; readonly block: number } | undefined,
  mode: ProvisionMode = 'manage',
): Promise<void> {
  for (const name of plan.reanswer) await removeConsumer(broker, name)
  await createAndUpdate(broker, topology, mode)
  if (from) {
    const cursors = new KeyValue(broker, CURSOR_BUCKET)
    for (const operation of plan.reread) {
      await resetCursor(cursors, `${from.chainId}.${operation}`, { block: from.block - 1 })
    }
  }
  if (plan.forgetCheckpoint) await forgetCheckpoint(broker)
}

function removeConsumer(broker: Broker, name: string): Promise<void> {
  const [stream = '', consumer = ''] = name.split('/')
  return untilCertain(name, async () => {
    try {
      await broker.manager.consumers.delete(stream, consumer)
    } catch (fault) {
      if (!isConsumerMissing(fault) && !isStreamMissing(fault)) throw fault
    }
  })
}

async function forgetCheckpoint(broker: Broker): Promise<void> {
  const bucket = new KeyValue(broker, SENDER_BUCKET)
  for (let entry = await bucket.get(CHECKPOINT_KEY); entry; entry = await bucket.get(CHECKPOINT_KEY)) {
    await bucket.delete(CHECKPOINT_KEY, entry.revision)
  }
}
