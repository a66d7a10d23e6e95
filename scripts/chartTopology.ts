import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import {
  type ConsumerPlan,
  DEFAULT_TOPOLOGY,
  OUTCOMES,
  RESPONSES,
  type StreamPlan,
  topologyOf,
} from '@kms-connector/streams'

/** A stream or consumer as a resource of the NATS controller, and the settings that change it. */
interface ControllerResource {
  readonly kind: 'Stream' | 'Consumer'
  /** Suffix of the name of the object. */
  readonly name: string
  /** Settings below `streams` whose value takes the place of the default. */
  readonly age?: string
  readonly bytes?: string
  readonly maxAckPending?: string
  readonly spec: Readonly<Record<string, unknown>>
}

const DECRYPTION: readonly string[] = OPERATIONS_V0_11.filter(o => o.group === 'decryption').map(streamOf)

/** The topology as data for the chart, in the words of the NATS controller (jetstream.nats.io/v1beta2). */
export function chartTopology(): string {
  const { streams, consumers } = topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY)
  return `${JSON.stringify([...streams.map(streamResource), ...consumers.map(consumerResource)], undefined, 2)}\n`
}

function streamOf({ name }: { readonly name: string }): string {
  return name.toUpperCase().replaceAll('-', '_')
}

function streamResource(plan: StreamPlan): ControllerResource {
  return {
    kind: 'Stream',
    name: objectName(plan.name),
    ...settingsOf(plan.name),
    spec: {
      name: plan.name,
      subjects: plan.subjects,
      storage: plan.storage,
      retention: plan.retention,
      replicas: plan.num_replicas,
      discard: plan.discard,
      discardPerSubject: plan.discard_new_per_subject,
      maxMsgsPerSubject: plan.max_msgs_per_subject,
      ...(plan.max_age ? { maxAge: goDuration(plan.max_age) } : {}),
      maxBytes: plan.max_bytes,
      maxMsgs: plan.max_msgs,
      maxMsgSize: plan.max_msg_size,
      maxConsumers: plan.max_consumers,
      ...(plan.duplicate_window ? { duplicateWindow: goDuration(plan.duplicate_window) } : {}),
      allowDirect: plan.allow_direct,
      allowRollup: plan.allow_rollup_hdrs,
      denyDelete: plan.deny_delete,
      denyPurge: plan.deny_purge,
      // Without it, deleting the resource deletes the stream and everything in it.
      preventDelete: true,
    },
  }
}

function consumerResource({ stream, config }: ConsumerPlan): ControllerResource {
  return {
    kind: 'Consumer',
    name: objectName(`${stream}-${config.durable_name}`),
    maxAckPending: DECRYPTION.includes(stream) ? 'decryption_max_ack_pending' : 'key_management_max_ack_pending',
    spec: {
      streamName: stream,
      durableName: config.durable_name,
      ackPolicy: config.ack_policy,
      deliverPolicy: config.deliver_policy,
      replayPolicy: config.replay_policy,
      filterSubject: config.filter_subject,
      ackWait: goDuration(config.ack_wait ?? 0),
      maxDeliver: config.max_deliver,
      maxAckPending: config.max_ack_pending,
      maxWaiting: config.max_waiting,
      preventDelete: true,
    },
  }
}

function settingsOf(stream: string): Pick<ControllerResource, 'age' | 'bytes'> {
  if (stream.startsWith('KV_')) return {}
  if (stream === RESPONSES) return { age: 'response_age', bytes: 'response_bytes' }
  if (stream === OUTCOMES) return { age: 'outcome_age', bytes: 'outcome_bytes' }
  if (stream === 'DEAD_LETTERS') return { bytes: 'dead_letter_bytes' }
  return DECRYPTION.includes(stream)
    ? { age: 'decryption_age', bytes: 'decryption_bytes' }
    : { age: 'key_management_age', bytes: 'key_management_bytes' }
}

function objectName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** @param nanoseconds as the JetStream API has it */
function goDuration(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9
  return seconds % 3_600 === 0 ? `${seconds / 3_600}h` : `${seconds}s`
}
