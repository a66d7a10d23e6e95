import {
  between,
  EMPTY_LOGS,
  headAheadBy,
  type LogProvider,
  laggingNode,
  logRangeLimit,
  nonceOffBy,
  oneOf,
  partialLogs,
  type Random,
  type RpcAction,
  type RpcRule,
} from '../faults/index.ts'
import type { FaultName } from './faultCatalogue.ts'
import type { Links, NodeLink } from './links.ts'

/** What a fault is, and who counts whom it hits. */
export interface FaultStart {
  readonly fault: FaultName
  /** Share of the calls that it hits, or how bad it is, 0 to 1. */
  readonly strength: number
  readonly random: Random
  readonly onHit: () => void
}

const MOST_LAG = 20
const PROVIDERS: readonly LogProvider[] = ['alchemy', 'infura', 'quicknode', 'ankr', 'geth', 'erigon', 'nitro', 'plain']
const NODE_ERRORS = [
  { code: -32000, message: 'header not found' },
  { code: -32603, message: 'Internal error' },
  { code: -32005, message: 'rate limit exceeded' },
] as const
const SENDS = /^eth_sendRawTransaction/

/** Puts a fault on a JSON-RPC link. @returns what ends it */
export function beginNodeFault(
  { proxy, layers }: NodeLink,
  { fault, strength, random, onHit }: FaultStart,
): () => void {
  if (fault === 'lag') {
    const { layer } = laggingNode(Math.ceil(strength * MOST_LAG))
    return layers.add((call, ask) => {
      onHit()
      return layer(call, ask)
    })
  }
  if (fault === 'cut-connections') {
    proxy.cut()
    onHit()
    return () => {}
  }
  const rule = ABOUT_METHODS[fault]?.(strength, random) ?? anyCall(fault, strength, random)
  return rule ? proxy.rules.add(counted(rule, onHit)).remove : () => {}
}

function anyCall(fault: FaultName, strength: number, random: Random): RpcRule | undefined {
  const action = ON_ANY_CALL[fault]?.(strength, random)
  return action && { chance: strength, action }
}

function counted(rule: RpcRule, onHit: () => void): RpcRule {
  const { action } = rule
  return {
    ...rule,
    action: async call => {
      const decided = typeof action === 'function' ? await action(call) : action
      if (decided) onHit()
      return decided
    },
  }
}

/** Faults of any call; `null-results` leaves out what would be the truth of an empty chain. */
const ON_ANY_CALL: Partial<Record<FaultName, (strength: number, random: Random) => RpcAction>> = {
  'http-429': () => ({ kind: 'http', status: 429, retryAfterSeconds: 1 }),
  'http-502': () => ({ kind: 'http', status: 502, body: '<html>bad gateway</html>' }),
  garbage: () => ({ kind: 'garbage' }),
  error: (_, random) => ({ kind: 'error', ...oneOf(random, NODE_ERRORS) }),
  late: strength => ({ kind: 'delay', ms: 1_000 * strength }),
  'drop-request': () => ({ kind: 'drop-request' }),
  'drop-reply': () => ({ kind: 'drop-reply' }),
  'cut-reply': () => ({ kind: 'cut-reply' }),
  silence: () => ({ kind: 'silence' }),
  'null-results': () => ({ kind: 'result', result: null }),
  reorder: () => ({ kind: 'reorder' }),
  omit: () => ({ kind: 'omit' }),
}

/** Faults of certain calls. */
const ABOUT_METHODS: Partial<Record<FaultName, (strength: number, random: Random) => RpcRule>> = {
  'empty-logs': chance => ({ method: 'eth_getLogs', chance, action: EMPTY_LOGS }),
  'partial-logs': (share, random) => ({ method: 'eth_getLogs', action: partialLogs(share, random) }),
  'range-limit': (strength, random) => ({
    method: 'eth_getLogs',
    action: logRangeLimit(1 + Math.floor((1 - strength) * 20), oneOf(random, PROVIDERS)),
  }),
  'head-ahead': (strength, random) => ({
    method: 'eth_blockNumber',
    chance: strength,
    action: headAheadBy(between(random, 1, 10)),
  }),
  'send-reply-lost': chance => ({ method: SENDS, chance, action: { kind: 'drop-reply' } }),
  'send-twice': chance => ({ method: SENDS, chance, action: { kind: 'duplicate' } }),
  'nonce-low': (chance, random) => ({
    method: 'eth_getTransactionCount',
    chance,
    action: nonceOffBy(-between(random, 1, 5)),
  }),
  'nonce-high': (chance, random) => ({
    method: 'eth_getTransactionCount',
    chance,
    action: nonceOffBy(between(random, 1, 3)),
  }),
  'no-receipts': chance => ({
    method: 'eth_getTransactionReceipt',
    chance,
    action: { kind: 'result', result: null },
  }),
}

/** Puts a fault on a connection to NATS. @returns what ends it */
export function beginNetworkFault(
  link: Links['nats'][keyof Links['nats']],
  { fault, strength, onHit }: FaultStart,
): () => void {
  for (let n = 0; n < link.proxy.open; n++) onHit()
  switch (fault) {
    case 'net-late':
      return link.faults.add({ delayMs: 300 * strength })
    case 'net-half-open':
      return link.faults.add({ stall: strength > 0.6 ? ['up', 'down'] : ['down'] })
    case 'net-refuse':
      link.proxy.cut()
      return link.faults.add({ refuse: true })
    case 'net-throttled':
      return link.faults.add({ bytesPerSecond: 50_000 * (1.1 - strength) })
    default:
      link.proxy.cut()
      return () => {}
  }
}

const RESOURCE_EXHAUSTED = 8
const ABORTED = 10
const UNAVAILABLE = 14
const CORE_SUBMITS = new Set(['PublicDecrypt', 'UserDecrypt'])

/** Puts a fault on the link to the Core. @returns what ends it */
export function beginCoreFault(
  { proxy, hooks }: Links['core'],
  { fault, strength, random, onHit }: FaultStart,
): () => void {
  const hit = () => {
    const yes = random() < strength
    if (yes) onHit()
    return yes
  }
  switch (fault) {
    case 'core-unavailable':
      return hooks.add(() => (hit() ? { kind: 'status', code: UNAVAILABLE } : undefined))
    case 'core-full':
      return hooks.add(method =>
        CORE_SUBMITS.has(method) && hit() ? { kind: 'status', code: RESOURCE_EXHAUSTED } : undefined,
      )
    case 'core-aborted':
      return hooks.add(method => (CORE_SUBMITS.has(method) && hit() ? { kind: 'status', code: ABORTED } : undefined))
    case 'core-late':
      return hooks.add(() => (hit() ? { kind: 'delay', ms: 1_000 * strength } : undefined))
    case 'core-reset':
      return hooks.add(() => (hit() ? { kind: 'reset' } : undefined))
    case 'core-reply-lost':
      return hooks.add(() => (hit() ? { kind: 'drop-reply' } : undefined))
    case 'core-silence':
      return hooks.add(() => (hit() ? { kind: 'silence' } : undefined))
    case 'core-goaway':
      if (proxy.goAway() > 0) onHit()
      return () => {}
    default:
      proxy.cut()
      onHit()
      return () => {}
  }
}

/** Puts a fault on the buckets: up to half strength on the first one alone, on all of them above. @returns what ends it */
export function beginBucketFault(
  hooks: Links['s3'],
  firstBucket: string,
  { fault, strength, random, onHit }: FaultStart,
): () => void {
  return hooks.add(({ method, bucket }) => {
    const hit = method === 'GET' && (strength > 0.5 || bucket === firstBucket) && random() < strength
    if (!hit) return undefined
    onHit()
    switch (fault) {
      case 's3-503':
        return { kind: 'status', status: 503, code: 'SlowDown' }
      case 's3-404':
        return { kind: 'status', status: 404, code: 'NoSuchKey' }
      case 's3-late':
        return { kind: 'delay', ms: 2_000 * strength }
      case 's3-cut':
        return { kind: 'cut', afterBytes: 1_000 }
      case 's3-wrong-bytes':
        return { kind: 'wrong-bytes' }
      case 's3-silence':
        return { kind: 'never-answer' }
      default:
        return { kind: 'stall' }
    }
  })
}
