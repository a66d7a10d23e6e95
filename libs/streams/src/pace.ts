/**
 * Whether a message is taken up at once instead of waiting for a batch: where there was no other for as long as a batch
 * lingers, there will hardly be one to wait for. Under load batches still begin no more often than that.
 * @param pending messages that wait at the broker behind it
 * @param quietMs milliseconds since the last batch began
 * @param lingerMs how long a batch waits for others, milliseconds
 */
export function startsAtOnce(pending: number, quietMs: number, lingerMs: number): boolean {
  return pending === 0 && quietMs >= lingerMs
}

/**
 * From when on the first message of a batch waits: right after another batch from its beginning, so that under a steady
 * load batches begin once a linger and nobody waits for longer than what is left of it.
 * @returns a time of the same clock as the arguments, milliseconds
 */
export function lingersFrom(arrivedAt: number, lastBatchAt: number, lingerMs: number): number {
  return arrivedAt - lastBatchAt < lingerMs ? lastBatchAt : arrivedAt
}

export interface Room {
  /** How many more messages may be held. */
  readonly free: number
  /** So many are asked for without waiting: a request costs as much for one message as for all. */
  readonly enough: number
  /** Milliseconds since the first became free. */
  readonly waitedMs: number
  /** How long it may wait for others, milliseconds. */
  readonly lingerMs: number
}

/** Whether to ask the broker for more messages now. */
export function isWorthPulling({ free, enough, waitedMs, lingerMs }: Room): boolean {
  return free >= enough || (free >= 1 && waitedMs >= lingerMs)
}
