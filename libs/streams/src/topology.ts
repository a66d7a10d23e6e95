import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import {
  CURSOR_BUCKET,
  DEAD_LETTERS,
  type OperationName,
  OUTCOMES,
  RESPONSES,
  requestStream,
  requestSubjects,
  SENDER_BUCKET,
  SENDER_LEASE_BUCKET,
  subjectsOf,
  TX_SLOTS_BUCKET,
  WORKER_CONSUMER,
} from './names.ts'

export interface TopologySettings {
  /** Copies of every stream: 1, or 3 on a cluster of nats-server 2.11 or newer. */
  readonly replicas: number
  /** Milliseconds a message is kept. What is gone is no longer deduplicated, so every age exceeds the deepest rescan. */
  readonly ages: {
    readonly decryption: number
    readonly keyManagement: number
    readonly responses: number
    readonly outcomes: number
    /** After which the lease of a sender that does not renew it is gone. */
    readonly senderLease: number
  }
  /** Byte caps: of one request stream of each group, and of the other streams. A full stream makes publishers wait. */
  readonly bytes: {
    readonly decryption: number
    readonly keyManagement: number
    readonly responses: number
    readonly outcomes: number
    readonly deadLetters: number
  }
  /** Messages that all workers of one operation may hold together; below the sum of their `maxInFlight` some idle. */
  readonly maxAckPending: { readonly decryption: number; readonly keyManagement: number }
  /** Milliseconds after which a message whose worker gives no sign of life goes to another one. */
  readonly ackWaitMs: number
}

/** A stream with every setting that matters to us spelled out, so that a server default can never decide. */
export type StreamPlan = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

export interface ConsumerPlan {
  readonly stream: string
  readonly config: Partial<ConsumerConfig> & { readonly durable_name: string }
}

export interface Topology {
  readonly replicas: number
  readonly streams: readonly StreamPlan[]
  readonly consumers: readonly ConsumerPlan[]
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** JetStream durations are nanoseconds. */
const nanos = (ms: number): number => ms * 1_000_000

/** How long a worker may be silent before another one gets its messages: the take-over time after a crash. */
export const ACK_WAIT_MS = 60_000

export const DEFAULT_TOPOLOGY: TopologySettings = {
  replicas: 1,
  ages: {
    decryption: 48 * HOUR,
    keyManagement: 30 * DAY,
    responses: 48 * HOUR,
    outcomes: 7 * DAY,
    senderLease: 15_000,
  },
  bytes: { decryption: 4 * GIB, keyManagement: 256 * MIB, responses: 4 * GIB, outcomes: 4 * GIB, deadLetters: 1 * GIB },
  maxAckPending: { decryption: 65_536, keyManagement: 64 },
  ackWaitMs: ACK_WAIT_MS,
}

/**
 * Largest message with headers: ids, handles and shares, never a ciphertext. A request of 1024 bools with 13 coprocessors
 * each has about 0.9 MB; the server takes 1 MiB unless told otherwise.
 */
export const MAX_MESSAGE_BYTES = 1_000_000
/** A dead letter holds a whole message where it fits; of a larger one it says where the message lies. */
export const MAX_DEAD_LETTER_BYTES = 1_000_000

/** Every stream, bucket and consumer for the given operations, as data. Pure. */
export function topologyOf(operations: readonly OperationName[], settings: TopologySettings): Topology {
  return {
    replicas: settings.replicas,
    streams: [
      ...operations.map(operation => requestPlan(operation, settings)),
      ...resultPlans(settings),
      ...bucketPlans(settings),
    ],
    consumers: operations.map(operation => workerPlan(operation, settings)),
  }
}

function streamPlan(
  name: string,
  subjects: string[],
  own: { replicas: number; ageMs: number; bytes: number; messageBytes: number },
): StreamPlan {
  return {
    name,
    subjects,
    storage: StorageType.File,
    // A work queue forgets what was acknowledged when the server restarts, and with it the deduplication.
    retention: RetentionPolicy.Limits,
    num_replicas: own.replicas,
    // A full stream refuses, so that publishers wait; discarding the oldest would drop unanswered requests.
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    // With the two settings above: the subject is the deduplication key for as long as the message is kept.
    max_msgs_per_subject: 1,
    max_age: nanos(own.ageMs),
    max_bytes: own.bytes,
    max_msgs: -1,
    max_msg_size: own.messageBytes,
    max_consumers: -1,
    // Only for quick retries. A longer window would pay for every id twice in the server's memory; it may not exceed the age.
    duplicate_window: nanos(own.ageMs === 0 ? 120_000 : Math.min(120_000, own.ageMs)),
    allow_direct: true,
    allow_rollup_hdrs: false,
    deny_delete: false,
    deny_purge: false,
  }
}

function requestPlan(operation: OperationName, { replicas, ages, bytes }: TopologySettings): StreamPlan {
  const group = operation.group === 'decryption' ? 'decryption' : 'keyManagement'
  const own = { replicas, ageMs: ages[group], bytes: bytes[group], messageBytes: MAX_MESSAGE_BYTES }
  return streamPlan(requestStream(operation), [requestSubjects(operation)], own)
}

function resultPlans({ replicas, ages, bytes }: TopologySettings): StreamPlan[] {
  const messageBytes = MAX_MESSAGE_BYTES
  return [
    streamPlan(RESPONSES, [subjectsOf('response')], {
      replicas,
      ageMs: ages.responses,
      bytes: bytes.responses,
      messageBytes,
    }),
    {
      ...streamPlan(OUTCOMES, [subjectsOf('outcome')], {
        replicas,
        ageMs: ages.outcomes,
        bytes: bytes.outcomes,
        messageBytes,
      }),
      // An outcome may be corrected later, so the newest one of a subject replaces it; nothing waits for room here.
      discard: DiscardPolicy.Old,
      discard_new_per_subject: false,
    },
    {
      ...streamPlan(DEAD_LETTERS, [subjectsOf('dead')], {
        replicas,
        // Kept until an operator has decided about them.
        ageMs: 0,
        bytes: bytes.deadLetters,
        messageBytes: MAX_DEAD_LETTER_BYTES,
      }),
      // A replayed request can die again.
      max_msgs_per_subject: -1,
      discard_new_per_subject: false,
      // Longer than the take-over time: a worker that dies between dead letter and term leaves no second letter.
      duplicate_window: nanos(600_000),
    },
  ]
}

/** Buckets are streams with the naming and settings of the key-value convention, so that `nats kv` can read them. */
function bucketPlans({ replicas, ages }: TopologySettings): StreamPlan[] {
  const bucket = (name: string, history: number, bytes: number, ageMs = 0): StreamPlan => ({
    ...streamPlan(`KV_${name}`, [`$KV.${name}.>`], { replicas, ageMs, bytes, messageBytes: MAX_MESSAGE_BYTES }),
    // The oldest revision of a key makes room for a new one; a full bucket refuses.
    discard_new_per_subject: false,
    max_msgs_per_subject: history,
    // A follower may answer direct reads from the past; these keys are the ground of compare-and-set.
    allow_direct: false,
    allow_rollup_hdrs: true,
    deny_delete: true,
  })
  return [
    bucket(CURSOR_BUCKET, 10, 64 * MIB),
    bucket(TX_SLOTS_BUCKET, 5, GIB),
    bucket(SENDER_BUCKET, 10, 64 * MIB),
    // A holder that is gone cannot give its lease back: the server removes it.
    bucket(SENDER_LEASE_BUCKET, 1, MIB, ages.senderLease),
  ]
}

function workerPlan(operation: OperationName, settings: TopologySettings): ConsumerPlan {
  const group = operation.group === 'decryption' ? 'decryption' : 'keyManagement'
  return {
    stream: requestStream(operation),
    config: {
      durable_name: WORKER_CONSUMER,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      filter_subject: requestSubjects(operation),
      ack_wait: nanos(settings.ackWaitMs),
      // The server would drop a message silently; giving up is the worker's decision, after a dead letter is stored.
      max_deliver: -1,
      max_ack_pending: settings.maxAckPending[group],
      max_waiting: 512,
      // Never removed for lack of workers.
      inactive_threshold: 0,
    },
  }
}
