import type { TlsMaterial, TlsSource } from './endpoint.ts'

/** One finished RPC, for metrics. */
export interface CallRecord {
  /** Local name of the RPC, such as `publicDecrypt`. */
  readonly method: string
  /** Index of the Core. */
  readonly shard: number
  /** `Ok` or the name of the gRPC status. */
  readonly code: string
  readonly seconds: number
}

export interface CoreClientOptions {
  /** One URL for each Core; the order decides which Core gets which id and must be the same in all workers. */
  readonly endpoints: readonly string[]
  readonly tls?: TlsMaterial | TlsSource | undefined
  /** Milliseconds to open a connection. */
  readonly connectTimeoutMs?: number
  /** Milliseconds for the Core to receive and accept a request. */
  readonly submitTimeoutMs?: number
  /** Milliseconds for `init`, the only submit that answers after the work is done (KMS Core allows itself 420 s). */
  readonly initTimeoutMs?: number
  /** Milliseconds for one poll. KMS Core v0.13 holds a poll for up to 60 s, so this must be longer. */
  readonly pollTimeoutMs?: number
  /** Milliseconds for all polls of one `run`. */
  readonly pollBudgetMs?: number
  /** A poll without result that ends sooner than this many milliseconds was no long poll ... */
  readonly earlyPollMs?: number
  /** ... and is repeated after about this many milliseconds, so that a Core that is down is not hammered. */
  readonly pollPauseMs?: number
  readonly healthTimeoutMs?: number
  /** How often one `run` submits again after the Core has forgotten what it had submitted. */
  readonly maxResubmits?: number
  /** Largest message in either direction; KMS Core ships with 100 MiB. */
  readonly maxMessageBytes?: number
  readonly onCall?: (call: CallRecord) => void
}

export const DEFAULTS = {
  connectTimeoutMs: 5_000,
  submitTimeoutMs: 30_000,
  initTimeoutMs: 430_000,
  pollTimeoutMs: 75_000,
  pollBudgetMs: 180_000,
  earlyPollMs: 5_000,
  pollPauseMs: 1_000,
  healthTimeoutMs: 3_000,
  maxResubmits: 3,
  maxMessageBytes: 104_857_600,
}

export type CompleteOptions = CoreClientOptions & typeof DEFAULTS
