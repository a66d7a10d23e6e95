import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/**
 * Checks whom a certificate is for. The client library names no host where a server is configured by its IP address, and
 * the TLS layer then compares with "localhost": a certificate for that name would pass for any address, and the right one
 * for none.
 * @param servers URLs as configured
 * @returns the check for the TLS layer; a fault when the certificate is for another name or address
 */
export function serverIdentity(
  servers: readonly string[],
): (name: string, certificate: PeerCertificate) => Error | undefined {
  const hosts = servers.map(server => (URL.parse(server)?.hostname ?? '').replace(/^\[|\]$/g, ''))
  const addresses = hosts.filter(host => isIP(host) !== 0)
  return (name, certificate) => {
    if (name !== 'localhost' || hosts.includes('localhost') || addresses.length === 0) {
      return checkServerIdentity(name, certificate)
    }
    const faults = addresses.map(address => checkServerIdentity(address, certificate))
    return faults.includes(undefined) ? undefined : faults[0]
  }
}
