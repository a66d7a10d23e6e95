import { BlockList, isIP } from 'node:net'

const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data'])

const blocked = new BlockList()
// Link-local of both families, where clouds put their instance metadata, and the two metadata addresses outside of it.
blocked.addSubnet('169.254.0.0', 16, 'ipv4')
blocked.addSubnet('fe80::', 10, 'ipv6')
blocked.addAddress('fd00:ec2::254', 'ipv6')
blocked.addAddress('100.100.100.200', 'ipv4')

/** @returns true for an address that can only be the machine's own link or its cloud metadata service. */
export function isLinkLocalAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && blocked.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** @param host host name or address of a parsed URL, IPv6 in brackets */
export function isLinkLocalHost(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return METADATA_NAMES.has(name.toLowerCase()) || isLinkLocalAddress(name)
}
