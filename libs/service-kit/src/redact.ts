import { REDACTED, Secret } from './secret.ts'

/** Shorter secrets would blank out ordinary words of a log line; settings refuse such short ones where it matters. */
const SHORTEST_SECRET = 6
/**
 * What a path of the settings may show besides segments that are too short for a key. Providers put keys of any form into
 * paths (hex of 64 digits, letters only, words that a person chose), so there is no telling a key by its look: what is
 * not in this list is one.
 */
const ROUTE_WORDS = new Set(
  (
    'api rpc json jsonrpc http https ws wss websocket node nodes public archive full chain chains network v1 v2 v3 ext bc evm ' +
    'eth ethereum mainnet testnet devnet sepolia holesky hoodi arb arbitrum one nova nitro op optimism base polygon matic ' +
    'amoy avax avalanche bsc gnosis linea scroll zama fhevm gateway bucket buckets traces metrics'
  ).split(' '),
)
/**
 * In texts of others a path segment like this is taken for an access key. Digests and addresses are no secrets and what one
 * looks for in a log: hex with 0x, and 64 hex digits. Keys of our own settings are known besides ({@link secretsOfUrl}).
 */
const KEY_SEGMENT = /^(?!0x[0-9a-f]+$|[0-9a-f]{64}$)(?=.*\d)[A-Za-z0-9_-]{16,}$/i
const URL_IN_TEXT = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>\\`]+/gi
/** May be a word of a log line as well as a key. */
const WORD = /^[a-z_-]+$/i

/** A confidential part of a URL. One that is made of letters is looked for as a whole word only. */
class UrlSecret extends Secret {}

/** Whether a path segment plainly says where something is. A key of five characters is nobody's. */
function isRouteWord(segment: string): boolean {
  if (segment.length < SHORTEST_SECRET) return true
  return segment
    .toLowerCase()
    .split(/[-_]/)
    .every(word => ROUTE_WORDS.has(word))
}

/**
 * The form in which a URL of the settings may be shown: without user name, password and query values, and with no path
 * segment but words of a route. What cannot be parsed is hidden whole.
 */
export function displayUrl(text: string): string {
  const url = URL.parse(text)
  return url === null ? REDACTED : shownUrl(url, text, segment => !isRouteWord(segment))
}

function shownUrl(url: URL, text: string, isKey: (part: string) => boolean): string {
  const user = url.username !== '' || url.password !== '' ? `${REDACTED}@` : ''
  const hidden = (part: string) => (isKey(part) ? REDACTED : part)
  const path = url.pathname.split('/').map(hidden).join('/')
  const shownPath = path === '/' && !text.endsWith('/') && url.search === '' ? '' : path
  const query = [...url.searchParams]
    .map(([key, value]) => (value === '' ? hidden(key) : `${key}=${REDACTED}`))
    .join('&')
  return `${url.protocol}//${user}${url.host}${shownPath}${query === '' ? '' : `?${query}`}`
}

/**
 * Everything that {@link displayUrl} hides of a URL, for {@link createRedactor}: as it is written, and decoded. A user name
 * beside a password is none of it; alone it is a token.
 */
export function secretsOfUrl(text: string): readonly Secret[] {
  const url = URL.parse(text)
  if (url === null) return []
  const { username, password, pathname, search, hash } = url
  const query = search
    .slice(1)
    .split('&')
    .map(pair => pair.slice(pair.indexOf('=') + 1))
  const parts = [...pathname.split('/'), ...query, hash.slice(1)].filter(part => !isRouteWord(part))
  const login = password === '' ? username : password
  const forms = (part: string) => new Set([part, decoded(part)])
  return [
    ...[...forms(login)].filter(form => form !== '').map(form => new Secret(form)),
    ...parts.flatMap(part => [...forms(part)].map(form => new UrlSecret(form))),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Builds the last line of defence for everything that is printed: replaces the texts of all loaded secrets (also
 * without `0x`, and as JSON escapes them) and the confidential parts of URLs, which client libraries like to put into
 * their error messages.
 */
export function createRedactor(secrets: readonly Secret[] = []): (text: string) => string {
  const needles = needlesOf(secrets)
  return text => {
    let clean = text
    for (const needle of needles) clean = clean.replaceAll(needle, REDACTED)
    return clean.includes('://') ? clean.replace(URL_IN_TEXT, redactUrl) : clean
  }
}

/** Longest first, so that none is destroyed by a part of itself. */
function needlesOf(secrets: readonly Secret[]): readonly (string | RegExp)[] {
  const needles = new Map<string, string | RegExp>()
  for (const secret of secrets) {
    const bare = secret.reveal().replace(/^0x/, '')
    if (bare.length < SHORTEST_SECRET) continue
    const asWord = secret instanceof UrlSecret && WORD.test(bare)
    for (const form of [bare, bare.toUpperCase(), bare.toLowerCase(), JSON.stringify(bare).slice(1, -1)]) {
      const known = needles.get(form)
      if (typeof known !== 'string') needles.set(form, asWord ? new RegExp(`(?<![\\w-])${form}(?![\\w-])`, 'g') : form)
    }
  }
  return [...needles].sort(([a], [b]) => b.length - a.length).map(([, needle]) => needle)
}

function redactUrl(match: string): string {
  const url = URL.parse(match)
  if (url === null) return match.includes('@') ? REDACTED : match
  const plain = url.username === '' && url.password === '' && url.search === ''
  if (plain && !url.pathname.split('/').some(segment => KEY_SEGMENT.test(segment))) return match
  return shownUrl(url, match, segment => KEY_SEGMENT.test(segment))
}
