import { faultText } from './faultRecord.ts'
import type { Endpoint } from './settings/textKinds.ts'

const MAX_BODY_BYTES = 64 * 1024
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Where the health page of a process on this machine is, given the address it listens on. */
export function healthUrlOf({ host, port }: Endpoint): string {
  const reachable = WILDCARDS[host] ?? host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/healthz`
}

/** The page an operator means: the URL given, `/healthz` when it has no path. */
export function healthPageOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined
  if (url.pathname === '/') url.pathname = '/healthz'
  return url.href
}

/**
 * Asks a process whether it is healthy.
 *
 * @param deadlineMs for the whole exchange, in ms
 * @returns healthy only for status 200 with a JSON body; `text` is the body or the reason
 */
export async function probeHealth(
  url: string,
  deadlineMs: number,
): Promise<{ readonly healthy: boolean; readonly text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs), redirect: 'error' })
    const text = await readBounded(response)
    JSON.parse(text)
    return { healthy: response.status === 200, text: text.trim() }
  } catch (fault) {
    return { healthy: false, text: fault instanceof SyntaxError ? 'the answer is not JSON' : faultText(fault) }
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`the answer is larger than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
