import { ConnectorError, isLinkLocalHost } from '@kms-connector/protocol'

/** Address of a JSON-RPC endpoint, taken apart so that its confidential parts stay out of messages. */
export interface EndpointUrl {
  /** Scheme, host and port: safe to show. */
  readonly origin: string
  /** Path and query: what is asked for there. */
  readonly path: string
  /** Basic authorization, when the URL carried user name and password. */
  readonly authorization: string | undefined
  /** Removes path, query values and credentials of this URL from a text that somebody else wrote. */
  redact(text: string): string
}

const REDACTED = '[redacted]'
/** Shorter parts are version numbers and flags; blanking them would spoil texts of nodes that callers classify. */
const SHORTEST_KEY = 6

/** @throws ConnectorError SETTINGS_INVALID when the text is no http(s) URL; the text itself is not repeated */
export function parseEndpointUrl(text: string): EndpointUrl {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ConnectorError(
      'SETTINGS_INVALID',
      'the URL of a JSON-RPC endpoint does not start with http:// or https://',
    )
  }
  if (isLinkLocalHost(url.hostname)) {
    throw new ConnectorError('SETTINGS_INVALID', 'the host of a JSON-RPC endpoint is a link-local or metadata address')
  }
  const credentials = url.username === '' ? '' : `${decoded(url.username)}:${decoded(url.password)}`
  const basic = Buffer.from(credentials).toString('base64')
  const needles = confidentialParts(url, credentials === '' ? '' : basic)
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    authorization: credentials === '' ? undefined : `Basic ${basic}`,
    redact: written => needles.reduce((clean, needle) => clean.replaceAll(needle, REDACTED), written),
  }
}

/** Longest first, so that no needle is destroyed by a part of itself. */
function confidentialParts({ pathname, search, searchParams, username, password }: URL, basic: string): string[] {
  const encoded = search
    .slice(1)
    .split('&')
    .map(pair => pair.slice(pair.indexOf('=') + 1))
  const raw = [...pathname.split('/'), search.slice(1), ...encoded, ...searchParams.values(), username, password, basic]
  const needles = new Set([...raw, ...raw.map(decoded)].filter(needle => needle.length >= SHORTEST_KEY))
  return [...needles].sort((a, b) => b.length - a.length)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
