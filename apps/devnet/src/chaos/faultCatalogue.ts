/** Links that faults are put on. Instances of a service have a link each where they may see different worlds. */
export const LINKS = [
  'listener-rpc-1',
  'listener-rpc-2',
  'sender-rpc-1',
  'sender-rpc-2',
  'worker-rpc',
  'host-rpc',
  'listener-nats',
  'worker-nats',
  'sender-nats',
  'core',
  's3',
  'chain',
] as const

export type Link = (typeof LINKS)[number]

/** What every JSON-RPC node and balancer does now and then. */
const ANY_NODE = [
  'http-429',
  'http-502',
  'garbage',
  'error',
  'late',
  'drop-request',
  'drop-reply',
  'cut-reply',
  'silence',
  'null-results',
  'lag',
  'cut-connections',
] as const
const BATCHES = ['reorder', 'omit'] as const
const LOGS = ['empty-logs', 'partial-logs', 'range-limit', 'head-ahead'] as const
const SENDS = ['send-reply-lost', 'send-twice', 'nonce-low', 'nonce-high', 'no-receipts'] as const
const NETWORK = ['net-late', 'net-cut', 'net-half-open', 'net-refuse', 'net-throttled'] as const
const CORE = [
  'core-unavailable',
  'core-full',
  'core-aborted',
  'core-late',
  'core-reset',
  'core-reply-lost',
  'core-silence',
  'core-goaway',
  'core-cut',
] as const
const BUCKETS = ['s3-503', 's3-404', 's3-late', 's3-cut', 's3-wrong-bytes', 's3-silence', 's3-stall'] as const
const CHAIN = ['no-blocks'] as const

export type FaultName =
  | (typeof ANY_NODE)[number]
  | (typeof BATCHES)[number]
  | (typeof LOGS)[number]
  | (typeof SENDS)[number]
  | (typeof NETWORK)[number]
  | (typeof CORE)[number]
  | (typeof BUCKETS)[number]
  | (typeof CHAIN)[number]

/** Which faults a link can have. */
export function faultsOf(link: Link): readonly FaultName[] {
  switch (link) {
    case 'listener-rpc-1':
    case 'listener-rpc-2':
      return [...ANY_NODE, ...LOGS]
    case 'sender-rpc-1':
    case 'sender-rpc-2':
      return [...ANY_NODE, ...SENDS]
    case 'worker-rpc':
    case 'host-rpc':
      return [...ANY_NODE, ...BATCHES]
    case 'listener-nats':
    case 'worker-nats':
    case 'sender-nats':
      return NETWORK
    case 'core':
      return CORE
    case 's3':
      return BUCKETS
    case 'chain':
      return CHAIN
  }
}
