import { BlockList, isIP } from 'node:net'

/** Names under which clouds serve instance metadata, with and without their domains. */
const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data'])

const linkLocal = new BlockList()
// Link-local of both families, where clouds put their instance metadata, and the metadata addresses outside of it.
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addAddress('fd00:ec2::254', 'ipv6')
linkLocal.addAddress('100.100.100.200', 'ipv4')
// The same IPv4 network in the forms in which IPv6 carries it: compatible, NAT64, 6to4. The mapped form is checked as IPv4.
linkLocal.addSubnet('::a9fe:0', 112, 'ipv6')
linkLocal.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
linkLocal.addSubnet('2002:a9fe::', 32, 'ipv6')

const inner = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  inner.addSubnet(network, bits, 'ipv4')
}
for (const [network, bits] of [
  ['::', 96],
  ['fc00::', 7],
  ['fec0::', 10],
  // NAT64 and 6to4 lead to IPv4 networks that nobody registers a bucket in.
  ['64:ff9b::', 96],
  ['2002::', 16],
] as const) {
  inner.addSubnet(network, bits, 'ipv6')
}

/** @returns true for an address that can only be the machine's own link or its cloud metadata service. */
export function isLinkLocalAddress(address: string): boolean {
  return inList(linkLocal, address)
}

/** @returns true for an address of this machine, of a private network or of the link */
export function isPrivateAddress(address: string): boolean {
  return inList(inner, address) || inList(linkLocal, address)
}

/** @param host host name or address of a parsed URL, IPv6 in brackets */
export function isLinkLocalHost(host: string): boolean {
  const name = bareName(host)
  return METADATA_NAMES.has(name) || isLinkLocalAddress(name)
}

/** @param host host name or address of a parsed URL, IPv6 in brackets */
export function isPrivateHost(host: string): boolean {
  const name = bareName(host)
  return name === 'localhost' || name.endsWith('.localhost') || isLinkLocalHost(name) || isPrivateAddress(name)
}

const bareName = (host: string): string =>
  host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()

function inList(list: BlockList, address: string): boolean {
  // A zone (`fe80::1%eth0`) is no part of the address.
  const bare = address.replace(/%.*$/, '')
  const family = isIP(bare)
  return family !== 0 && list.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}
