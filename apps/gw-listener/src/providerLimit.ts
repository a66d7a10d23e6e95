import { isRateLimit, RpcError } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'

/** What a failed `eth_getLogs` says about the size of a range. */
export type ProviderLimit =
  /** The provider never serves more blocks than this at once. */
  | { readonly kind: 'confirmed'; readonly blocks: number }
  /** The provider would have served this many blocks here, where so many logs are. */
  | { readonly kind: 'suggested'; readonly blocks: number }
  /** Fewer blocks would do; how many is to be found out. */
  | { readonly kind: 'too-large' }
  /** Later calls will be served; a smaller range would only mean more of them. */
  | { readonly kind: 'too-many-calls' }
  | { readonly kind: 'other' }

/** The two ways in which providers write a range that would have worked. */
const RANGES = [/\[\s*(0x[0-9a-f]{1,12})\s*,\s*(0x[0-9a-f]{1,12})\s*\]/i, /\brange\s+(\d{1,12})\s*-\s*(\d{1,12})\b/i]
/** The ways in which they write how many blocks they serve at once; a `k` means thousands. */
const CAPS = [
  /up to an? ([\d,]+)(k?) block range/i,
  /limited to (?:an? |0 - )?([\d,]+)(k?) (?:blocks? )?range/i,
  /ranges over ([\d,]+)(k?) blocks/i,
  /max(?:imum)? (?:block )?range:? (?:is )?([\d,]+)(k?)/i,
  /maximum (?:allowed )?is (?:set to )?([\d,]+)(k?)/i,
  /at most ([\d,]+)(k?) blocks/i,
  /greater than ([\d,]+)(k?) max/i,
]
/** Texts that say only that it was too much; matched in lower case. */
const TOO_LARGE =
  /block range|range (is )?too (large|wide)|too many (blocks|results|logs)|too much data|more than \d+ (results|logs)|query returned more|response (size|is too)|too big|limit exceeded|exceeds? (the )?(max|limit)|max results|logs? (are )?limited|timed? ?out|timeout|took too long|deadline exceeded/
/** The same without words of the node: our own deadline and ceiling, and what proxies in front of a slow node say. */
const TOO_SLOW = /no answer within \d+ ms|answer is larger than \d+ bytes|HTTP (408|413|504|524),/
/** Only the head of a text is read: whoever runs the endpoint writes it, and how long it is. */
const READ_CHARS = 500

/**
 * Reads why an `eth_getLogs` failed. What an endpoint suggests is advice: it counts only where it is less than what was
 * asked for.
 * @param blocks how many were asked for
 */
export function providerLimitOf(fault: unknown, blocks: number): ProviderLimit {
  if (fault instanceof ConnectorError) return limitOfSilence(fault)
  if (!(fault instanceof RpcError)) return { kind: 'other' }
  const text = fault.text.slice(0, READ_CHARS)
  if (isRateLimit(fault.code, text)) return { kind: 'too-many-calls' }
  const suggested = widthIn(text)
  if (suggested !== undefined && suggested < blocks) return { kind: 'suggested', blocks: suggested }
  const cap = capIn(text)
  if (cap !== undefined && cap < blocks) return { kind: 'confirmed', blocks: cap }
  return { kind: TOO_LARGE.test(text.toLowerCase()) ? 'too-large' : 'other' }
}

function limitOfSilence({ code, message, facts }: ConnectorError): ProviderLimit {
  if (code !== 'RPC_UNAVAILABLE') return { kind: 'other' }
  if (facts['status'] === 429) return { kind: 'too-many-calls' }
  return { kind: TOO_SLOW.test(message) ? 'too-large' : 'other' }
}

function widthIn(text: string): number | undefined {
  for (const pattern of RANGES) {
    const [, from, to] = pattern.exec(text) ?? []
    const width = Number(to) - Number(from) + 1
    if (Number.isSafeInteger(width) && width >= 1) return width
  }
  return undefined
}

function capIn(text: string): number | undefined {
  for (const pattern of CAPS) {
    const [, digits, thousands] = pattern.exec(text) ?? []
    if (digits === undefined) continue
    const blocks = Number(digits.replaceAll(',', '')) * (thousands ? 1_000 : 1)
    if (Number.isSafeInteger(blocks) && blocks >= 1) return blocks
  }
  return undefined
}
