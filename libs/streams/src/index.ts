export type { AttemptRecord } from './attemptHistory.ts'
export { brokerAdvice } from './brokerAdvice.ts'
export {
  type Broker,
  type BrokerSettings,
  type BrokerStatus,
  checkBroker,
  connectBroker,
  drainBroker,
} from './connection.ts'
export {
  type BatchHandler,
  type ConsumeEvent,
  type ConsumeOptions,
  Consumption,
  consume,
  type StopReport,
} from './consume.ts'
export { continuityFault, type LastRead, lastReadSchema } from './continuity.ts'
export {
  type AdvanceResult,
  advanceCursor,
  type Cursor,
  cursorFault,
  markLost,
  type Position,
  readCursor,
  resetCursor,
} from './cursor.ts'
export { type DeadLetter, deadReason, decodeDeadLetter, encodeDeadLetter, publishDeadLetter } from './deadLetters.ts'
export type { Delivery } from './delivery.ts'
export type { Drift } from './drift.ts'
export { type BrokerFeatures, featuresOf, OLDEST_SERVER } from './features.ts'
export { type CreateResult, KeyValue, type KeyValueEntry, type UpdateResult } from './keyValue.ts'
export { messageAt, newestMessage, newestMessages, type StoredMessage } from './lookup.ts'
export { type Loss, type LossField, lossesOf, readLosses } from './losses.ts'
export {
  CURSOR_BUCKET,
  DEAD_LETTERS,
  deadSubject,
  messageId,
  type OperationName,
  OUTCOMES,
  outcomeSubject,
  parseSubject,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  SENDER_BUCKET,
  SENDER_LEASE_BUCKET,
  type SubjectKind,
  type SubjectParts,
  TX_SLOTS_BUCKET,
  WORKER_CONSUMER,
} from './names.ts'
export {
  BROKER_IDENTITIES,
  type BrokerIdentity,
  type NatsKey,
  natsAuthConfig,
  newNatsKey,
  publicNatsKey,
} from './natsAuth.ts'
export {
  answerReplaySubjects,
  bucketStream,
  burialSubjects,
  type ConsumerPosition,
  consumerPosition,
  rerunSubjects,
  subjectsMatching,
} from './observe.ts'
export { type OrderedEvent, type OrderedOptions, orderedConsume } from './orderedConsume.ts'
export { type ProvisionMode, type ProvisionReport, provision } from './provision.ts'
export { type PublishOptions, type PublishResult, type PublishStall, publishOnce } from './publish.ts'
export type { PullEvent } from './pull.ts'
export { removeMessage } from './removeMessage.ts'
export { carryOutRepair, inspectDamage } from './repair.ts'
export { type Damage, type RepairPlan, repairPlan } from './repairPlan.ts'
export { DECRYPTION_RETRY, KEY_MANAGEMENT_RETRY, type RetryPolicy, retryPolicyOf } from './retryPolicy.ts'
export { type ScanOptions, scanStream } from './scanStream.ts'
export { BROKER_SERVICES, type BrokerService } from './serviceAccess.ts'
export type { Settlement } from './settle.ts'
export { consumersDrift, type StreamFacts, storedAfter, streamFacts } from './streamFacts.ts'
export { type Checkpoint, checkpointFault, type StreamIdentity, streamIdentity } from './streamIdentity.ts'
export { type FindOptions, SubjectFinder } from './subjectFinder.ts'
export {
  ACK_WAIT_MS,
  type ConsumerPlan,
  DEFAULT_TOPOLOGY,
  MAX_DEAD_LETTER_BYTES,
  MAX_MESSAGE_BYTES,
  type StreamPlan,
  type Topology,
  type TopologySettings,
  topologyOf,
} from './topology.ts'
export {
  childTrace,
  newTrace,
  REQUEST_ID_HEADER,
  TRACEPARENT,
  type TraceContext,
  traceHeaders,
  traceOf,
  traceparentOf,
} from './traceHeaders.ts'
export { type WatchOptions, watchSubjects } from './watchSubjects.ts'
export { type WatchTopologyOptions, watchTopology } from './watchTopology.ts'
