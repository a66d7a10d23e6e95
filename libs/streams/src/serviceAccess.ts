import {
  CURSOR_BUCKET,
  DEAD_LETTERS,
  type OperationName,
  OUTCOMES,
  RESPONSES,
  requestStream,
  SENDER_BUCKET,
  SENDER_LEASE_BUCKET,
  subjectsOf,
  TX_SLOTS_BUCKET,
  WORKER_CONSUMER,
} from './names.ts'

/** Services that get an account of their own at the broker. */
export const BROKER_SERVICES = ['gw-listener', 'kms-worker', 'tx-sender', 'request-status'] as const
export type BrokerService = (typeof BROKER_SERVICES)[number]

/** What one service may say to the broker. What is not listed is refused. */
export interface ServiceAccess {
  /** Subjects that are answered once or not at all: publishing, questions, acknowledgements. */
  readonly calls: readonly string[]
  /** Subjects that are answered by many messages: pulls. */
  readonly pulls: readonly string[]
  /** Taken out of the wildcards above. */
  readonly denied: readonly string[]
}

const kv = (bucket: string): string => `KV_${bucket}`
const writeKeys = (bucket: string): string => `$KV.${bucket}.>`
const read = (stream: string): string => `$JS.API.STREAM.MSG.GET.${stream}`

/** Everything each service needs, and nothing else. The services run with `streams.provision: verify` then. Pure. */
export function serviceAccess(operations: readonly OperationName[]): Readonly<Record<BrokerService, ServiceAccess>> {
  const requests = operations.map(requestStream)
  const verify = verifyCalls(requests)
  const scanned = [...requests, RESPONSES, OUTCOMES]
  return {
    'gw-listener': {
      calls: [
        ...verify.filter(subject => !subject.startsWith('$JS.API.CONSUMER.INFO.')),
        subjectsOf('request'),
        'kms.dead.gw-listener.>',
        writeKeys(CURSOR_BUCKET),
        // The checkpoint of the sender tells the reconciler which answers it passed.
        ...[...requests, RESPONSES, OUTCOMES, DEAD_LETTERS, kv(CURSOR_BUCKET), kv(SENDER_BUCKET)].map(read),
        ...scanned.flatMap(temporaryConsumers),
        ...scanned.map(removal),
      ],
      pulls: scanned.map(pull),
      denied: NOT_THE_WORKERS,
    },
    'kms-worker': {
      calls: [
        ...verify,
        subjectsOf('response'),
        'kms.dead.kms-worker.>',
        ...requests.map(stream => `$JS.ACK.${stream}.${WORKER_CONSUMER}.>`),
        ...[...requests, RESPONSES].map(read),
      ],
      pulls: requests.map(stream => `$JS.API.CONSUMER.MSG.NEXT.${stream}.${WORKER_CONSUMER}`),
      denied: [],
    },
    'tx-sender': {
      calls: [
        ...verify,
        subjectsOf('outcome'),
        'kms.dead.tx-sender.>',
        writeKeys(TX_SLOTS_BUCKET),
        writeKeys(SENDER_BUCKET),
        writeKeys(SENDER_LEASE_BUCKET),
        // The ledger forgets what is long final; whoever may write every slot gains nothing by removing one.
        `$JS.API.STREAM.PURGE.${kv(TX_SLOTS_BUCKET)}`,
        ...[RESPONSES, OUTCOMES, DEAD_LETTERS, kv(TX_SLOTS_BUCKET), kv(SENDER_BUCKET), kv(SENDER_LEASE_BUCKET)].map(
          read,
        ),
        ...temporaryConsumers(RESPONSES),
        removal(RESPONSES),
      ],
      pulls: [pull(RESPONSES)],
      denied: [],
    },
    'request-status': statusAccess(requests, verify),
  }
}

function statusAccess(requests: readonly string[], verify: readonly string[]): ServiceAccess {
  const watched = [...requests, RESPONSES, OUTCOMES, DEAD_LETTERS, kv(TX_SLOTS_BUCKET)]
  return {
    calls: [
      ...verify.filter(subject => !subject.startsWith('$JS.API.CONSUMER.INFO.')),
      ...[...watched, kv(SENDER_BUCKET), kv(SENDER_LEASE_BUCKET), kv(CURSOR_BUCKET)].map(read),
      ...watched.flatMap(temporaryConsumers),
    ],
    pulls: watched.map(pull),
    denied: NOT_THE_WORKERS,
  }
}

/**
 * Consumers that live in the server's memory while somebody reads. With the name in the subject, which the server holds
 * the message to: the older subject without a name also replaces the consumer that all workers share.
 */
function temporaryConsumers(stream: string): string[] {
  return [`$JS.API.CONSUMER.CREATE.${stream}.>`, `$JS.API.CONSUMER.INFO.${stream}.*`]
}
const pull = (stream: string): string => `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`
const removal = (stream: string): string => `$JS.API.CONSUMER.DELETE.${stream}.*`

/** A pull in the name of the workers would take their requests away. */
const NOT_THE_WORKERS = [
  `$JS.API.CONSUMER.MSG.NEXT.*.${WORKER_CONSUMER}`,
  `$JS.API.CONSUMER.CREATE.*.${WORKER_CONSUMER}`,
  `$JS.API.CONSUMER.CREATE.*.${WORKER_CONSUMER}.>`,
  `$JS.API.CONSUMER.DELETE.*.${WORKER_CONSUMER}`,
]

/** What a start with `streams.provision: verify` and the readiness probe ask for. */
function verifyCalls(requests: readonly string[]): string[] {
  const buckets = [CURSOR_BUCKET, TX_SLOTS_BUCKET, SENDER_BUCKET, SENDER_LEASE_BUCKET].map(kv)
  const streams = [...requests, RESPONSES, OUTCOMES, DEAD_LETTERS, ...buckets]
  return [
    '$JS.API.INFO',
    ...streams.map(stream => `$JS.API.STREAM.INFO.${stream}`),
    ...requests.map(stream => `$JS.API.CONSUMER.INFO.${stream}.${WORKER_CONSUMER}`),
  ]
}
