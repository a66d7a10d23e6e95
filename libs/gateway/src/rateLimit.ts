/** Words with which nodes and providers refuse a call because there were too many, not because of what it asks. */
const TOO_MANY =
  /too many requests?\b|rate.?limit|request limit|requests? per second|request rate exceeded|request count exceeded|compute units|throughput|capacity exceeded|exceeded its .{0,40}capacity|quota|credits? (are )?(used|exhausted)|slow down/i
/** What sounds the same but is about the size of one answer: fewer blocks help, waiting does not. */
const TOO_LARGE = /block range|results|response size|logs? /i

/** Whether a refusal of a node means that later calls will be served. */
export function isRateLimit(code: number, text: string): boolean {
  if (code === 429 || code === -32_429) return true
  return TOO_MANY.test(text) && !TOO_LARGE.test(text)
}

/**
 * Reads a `retry-after` header.
 * @param now milliseconds since the epoch
 * @returns milliseconds to wait, at most an hour; undefined when the header is absent or is neither seconds nor a date
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 3_600_000) : undefined
}
