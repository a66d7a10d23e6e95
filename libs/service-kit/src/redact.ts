import { REDACTED, type Secret } from './secret.ts'

/** Shorter secrets would blank out ordinary words of a log line; settings refuse such short ones where it matters. */
const SHORTEST_SECRET = 6
/**
 * A path segment like this is taken for an access key, as hosted RPC providers put it into the URL. Digests and addresses
 * are no secrets and what one looks for in a log: hex with 0x, and 64 hex digits.
 */
const KEY_SEGMENT = /^(?!0x[0-9a-f]+$|[0-9a-f]{64}$)(?=.*\d)[A-Za-z0-9_-]{16,}$/i
const URL_IN_TEXT = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>\\`]+/gi

/**
 * The form of a URL that may be shown: without user name, password and query values, and without path segments that
 * look like access keys. What cannot be parsed is hidden whole.
 */
export function displayUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null) return REDACTED
  const user = url.username !== '' || url.password !== '' ? `${REDACTED}@` : ''
  const path = url.pathname
    .split('/')
    .map(segment => (KEY_SEGMENT.test(segment) ? REDACTED : segment))
    .join('/')
  const shownPath = path === '/' && !text.endsWith('/') && url.search === '' ? '' : path
  const query = [...url.searchParams.keys()].map(key => `${key}=${REDACTED}`).join('&')
  return `${url.protocol}//${user}${url.host}${shownPath}${query === '' ? '' : `?${query}`}`
}

/**
 * Builds the last line of defence for everything that is printed: replaces the texts of all loaded secrets (also
 * without `0x`, and as JSON escapes them) and the confidential parts of URLs, which client libraries like to put into
 * their error messages.
 */
export function createRedactor(secrets: readonly Secret[] = []): (text: string) => string {
  const needles = new Set<string>()
  for (const secret of secrets) {
    const bare = secret.reveal().replace(/^0x/, '')
    if (bare.length < SHORTEST_SECRET) continue
    for (const form of [bare, bare.toUpperCase(), JSON.stringify(bare).slice(1, -1)]) needles.add(form)
  }
  return text => {
    let clean = text
    for (const needle of needles) clean = clean.replaceAll(needle, REDACTED)
    return clean.includes('://') ? clean.replace(URL_IN_TEXT, redactUrl) : clean
  }
}

function redactUrl(match: string): string {
  if (match.includes(REDACTED)) return match
  const url = URL.parse(match)
  if (url === null) return match.includes('@') ? REDACTED : match
  const plain = url.username === '' && url.password === '' && url.search === ''
  if (plain && !url.pathname.split('/').some(segment => KEY_SEGMENT.test(segment))) return match
  return displayUrl(match)
}
