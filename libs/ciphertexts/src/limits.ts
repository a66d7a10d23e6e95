/** Ceilings and deadlines of fetching ciphertexts; every one is a setting. */
export interface CiphertextLimits {
  /** GETs at once, over all callers and buckets. */
  readonly maxConcurrentGets: number
  /** Connections at once to one bucket host. */
  readonly connectionsPerOrigin: number
  /** Bytes of all bodies that are being received. */
  readonly maxBytesInFlight: number
  /** Bytes of one ciphertext. */
  readonly maxCiphertextBytes: number
  /** Bytes of all ciphertexts of one request; KMS Core gets them in one message. */
  readonly maxRequestBytes: number
  readonly connectTimeoutMs: number
  /** One GET, body included. */
  readonly getTimeoutMs: number
  /** One ciphertext from all registered buckets in all rounds; the fallback bucket comes after it. */
  readonly fetchTimeoutMs: number
  /** Times that all registered buckets are asked in turn. */
  readonly rounds: number
  /** Pause between rounds: a bucket that was asked an instant ago has nothing new to say. */
  readonly roundPauseMs: number
}

/** 66 MiB hold the largest ct128 that coprocessors write, an expanded 256-bit value. */
export const DEFAULT_LIMITS: CiphertextLimits = {
  maxConcurrentGets: 16,
  connectionsPerOrigin: 16,
  maxBytesInFlight: 256 * 1024 ** 2,
  maxCiphertextBytes: 66 * 1024 ** 2,
  maxRequestBytes: 512 * 1024 ** 2,
  connectTimeoutMs: 3000,
  getTimeoutMs: 20_000,
  fetchTimeoutMs: 60_000,
  rounds: 3,
  roundPauseMs: 100,
}
