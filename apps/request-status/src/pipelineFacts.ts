import { BODY_VERSION, decodeBody, type Operation } from '@kms-connector/protocol'
import {
  type Broker,
  consumerPosition,
  consumersDrift,
  DEAD_LETTERS,
  type Drift,
  type KeyValue,
  RESPONSES,
  requestStream,
  type StreamFacts,
  storedAfter,
  streamFacts,
  type Topology,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import { z } from 'zod'

/** How much of something is unfinished, and for how long the oldest of it. */
export interface Backlog {
  readonly open: number
  /** Seconds; 0 when nothing is open. */
  readonly oldestSeconds: number
}

/** Where the whole pipeline stands, whoever works on it. */
export interface PipelineFacts {
  readonly streams: readonly StreamFacts[]
  /** Requests without an answer, by operation. */
  readonly requests: ReadonlyMap<string, Backlog & { readonly held: number }>
  /** Answers that are not settled on chain. */
  readonly answers: Backlog
  readonly deadLetters: Backlog
  readonly drift: readonly Drift[]
}

export interface PipelineSources {
  readonly broker: Broker
  readonly operations: readonly Operation[]
  readonly topology: Topology
  /** Bucket of the sender, with its checkpoint. */
  readonly senderBucket: KeyValue
}

/** The part of the sender's checkpoint that is read. */
const checkpointSchema = z.object({ v: z.literal(BODY_VERSION), seq: z.number().int().nonnegative() })

/**
 * Reads the facts: for each stream and consumer what the server counts anyway, and one message for each backlog. Never a
 * listing or a scan, so it costs the same however long the backlog is. Streams that nobody has created yet count as empty.
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function readPipelineFacts(sources: PipelineSources): Promise<PipelineFacts> {
  const { broker, operations, topology } = sources
  const streams = (await Promise.all(topology.streams.map(plan => streamFacts(broker, plan)))).filter(
    facts => facts !== undefined,
  )
  const known = new Map(streams.map(facts => [facts.stream, facts]))
  const now = Date.now()
  const requests = new Map<string, Backlog & { readonly held: number }>()
  for (const operation of operations) {
    const facts = known.get(requestStream(operation))
    if (facts) requests.set(operation.name, await requestBacklog(broker, facts, now))
  }
  const letters = known.get(DEAD_LETTERS)
  const oldestSeconds = letters?.oldestAt === undefined ? 0 : secondsSince(letters.oldestAt, now)
  const drift = [...streams.flatMap(facts => facts.drift), ...(await consumersDrift(broker, topology))]
  const answers = await answerBacklog(sources, known.get(RESPONSES), now)
  return { streams, requests, answers, deadLetters: { open: letters?.messages ?? 0, oldestSeconds }, drift }
}

async function requestBacklog(broker: Broker, { stream, messages }: StreamFacts, now: number) {
  const position = await consumerPosition(broker, stream, WORKER_CONSUMER)
  // Without a consumer nobody ever worked: everything from the first message on is open.
  const { waiting, held, ackFloorSeq } = position ?? { waiting: messages, held: 0, ackFloorSeq: 0 }
  const open = waiting + held
  const oldest = open === 0 ? undefined : await storedAfter(broker, stream, ackFloorSeq)
  return { open, held, oldestSeconds: oldest === undefined ? 0 : secondsSince(oldest, now) }
}

async function answerBacklog(sources: PipelineSources, responses: StreamFacts | undefined, now: number) {
  if (!responses) return { open: 0, oldestSeconds: 0 }
  const entry = await sources.senderBucket.get('checkpoint')
  const { seq } = entry ? decodeBody(checkpointSchema, entry.value) : { seq: 0 }
  // Answers that expired below the checkpoint, or above it, are not on the stream any more.
  const open = Math.min(responses.messages, Math.max(0, responses.lastSeq - seq))
  const oldest = open === 0 ? undefined : await storedAfter(sources.broker, RESPONSES, seq)
  return { open, oldestSeconds: oldest === undefined ? 0 : secondsSince(oldest, now) }
}

const secondsSince = (at: number, now: number) => Math.max(0, now - at) / 1000
