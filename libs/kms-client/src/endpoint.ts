import { ConnectorError, isLinkLocalHost } from '@kms-connector/protocol'

/** PEM texts for TLS to the Core. `cert` and `key` together make it mutual TLS. Contents, not paths. */
export interface TlsMaterial {
  /** Certificate authority that signed the Core's certificate; the system's authorities when absent. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Name that the Core's certificate must be for; the host of the endpoint when absent. */
  readonly serverName?: string
}

/** Material that is asked for anew for each connection, so that certificates can be replaced while the process runs. */
export type TlsSource = () => TlsMaterial

/**
 * Reads the URLs of the Cores: `http://host:port` (plaintext HTTP/2) or `https://host:port`.
 * @param tls material that must not be given for plaintext URLs: an operator who configures it counts on TLS
 * @returns origins in the given order, which is the order of the shards
 * @throws ConnectorError SETTINGS_INVALID naming the endpoint and what is wrong with it
 */
export function parseEndpoints(endpoints: readonly string[], tls?: TlsMaterial): readonly string[] {
  if (endpoints.length === 0) throw new ConnectorError('SETTINGS_INVALID', 'no KMS Core endpoint')
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    throw new ConnectorError('SETTINGS_INVALID', 'mutual TLS to KMS Core needs both certificate and key')
  }
  return endpoints.map((endpoint, index) => {
    const refuse = (why: string) => new ConnectorError('SETTINGS_INVALID', `KMS Core endpoint ${index + 1} ${why}`)
    const url = URL.parse(endpoint)
    if (!url) throw refuse('is not a URL')
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('is neither http:// nor https://')
    if (isLinkLocalHost(url.hostname)) throw refuse('is a link-local or metadata address')
    if (url.username || url.password) throw refuse('carries credentials; KMS Core knows none')
    if (url.pathname !== '/' || url.search || url.hash) throw refuse('has more than host and port')
    if (tls && url.protocol === 'http:') throw refuse('is plaintext although TLS material is configured')
    return url.origin
  })
}
