/** A range of blocks, both ends included. */
export interface BlockRange {
  readonly from: number
  readonly to: number
}

export interface ScanPosition {
  /** Last block whose requests are all published. */
  readonly cursor: number
  /** Highest block that counts as readable under the finality setting. */
  readonly head: number
  /** Most blocks one `eth_getLogs` may cover now. */
  readonly rangeSize: number
}

/**
 * Which blocks come next.
 * @returns undefined when everything readable is published; an endpoint whose head is behind the cursor is only lagging
 */
export function nextRange({ cursor, head, rangeSize }: ScanPosition): BlockRange | undefined {
  if (head <= cursor) return undefined
  const from = cursor + 1
  return { from, to: Math.min(from + rangeSize - 1, head) }
}

/**
 * Blocks to read once more although they are below the cursor: an endpoint behind a balancer may have served logs of
 * blocks it had not indexed yet. What is already published is refused by the stream.
 * @param cursor last block read, or the head where the endpoint is behind that
 * @param overlap depth in blocks, 0 for none
 * @param floor never below the first block of interest
 * @param fresh first block that was read as one of the newest since the last such range: a fast chain makes more blocks in
 *   between than the overlap is deep. Undefined when there was none
 */
export function overlapRange(cursor: number, overlap: number, floor: number, fresh?: number): BlockRange | undefined {
  const from = Math.max(Math.min(cursor - overlap + 1, fresh ?? cursor), floor, 0)
  return overlap > 0 && from <= cursor ? { from, to: cursor } : undefined
}

/** `startBlock` of the settings. */
export type StartBlock = number | 'latest' | undefined

/** What is known about one event type when a listener starts. */
export interface StartFacts {
  /** Block of its stored cursor. */
  readonly cursor: number | undefined
  /** First block to read as remembered from the very first start. */
  readonly remembered: number | undefined
  readonly startBlock: StartBlock
}

export interface ScanStart {
  /** Last block that counts as read. */
  readonly position: number
  /** No block below this one is ever read. */
  readonly floor: number
}

/**
 * Where reading begins: after the stored cursor, else at the configured block, else where `latest` once began.
 * @returns undefined when nothing says where
 */
export function scanStart({ cursor, remembered, startBlock }: StartFacts): ScanStart | undefined {
  const first = typeof startBlock === 'number' ? startBlock : remembered
  if (cursor === undefined) return first === undefined ? undefined : { position: first - 1, floor: first }
  // A start block above the cursor was set later and means nothing any more.
  return { position: cursor, floor: first !== undefined && first <= cursor ? first : 0 }
}

/**
 * Where a group of event types begins: at the lowest of them, and below it by the overlap, because what was published
 * right before a crash of the broker may be gone.
 * @param resumed whether any cursor was stored; a first start has nothing to repeat
 */
export function groupStart(starts: readonly ScanStart[], overlap: number, resumed: boolean): ScanStart {
  const position = Math.min(...starts.map(s => s.position))
  const floor = Math.min(...starts.map(s => s.floor))
  const rewound = Math.min(position, Math.max(position - overlap, floor - 1))
  return { position: resumed ? rewound : position, floor }
}
