import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLinkLocalAddress, isLinkLocalHost, isPrivateAddress, isPrivateHost } from './addressRules.ts'

const ADDRESSES: readonly [address: string, kind: 'link-local' | 'private' | 'public'][] = [
  ['169.254.0.1', 'link-local'],
  ['169.254.170.2', 'link-local'],
  ['::ffff:169.254.169.254', 'link-local'],
  ['::ffff:a9fe:a9fe', 'link-local'],
  ['::169.254.169.254', 'link-local'],
  ['64:ff9b::169.254.169.254', 'link-local'],
  ['2002:a9fe:a9fe::1', 'link-local'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['fd00:ec2::254', 'link-local'],
  ['100.100.100.200', 'link-local'],
  ['fd00:ec2::253', 'private'],
  ['fec0::1', 'private'],
  ['127.0.0.1', 'private'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['0.0.0.0', 'private'],
  ['::', 'private'],
  ['::1', 'private'],
  ['::ffff:10.0.0.1', 'private'],
  ['::ffff:127.0.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['100.128.0.1', 'public'],
  ['169.253.0.1', 'public'],
  ['8.8.8.8', 'public'],
  ['::ffff:8.8.8.8', 'public'],
  ['2606:4700::1', 'public'],
  ['no address', 'public'],
]
for (const [address, kind] of ADDRESSES) {
  test(`${address} is ${kind}`, () => {
    assert.equal(isLinkLocalAddress(address), kind === 'link-local')
    assert.equal(isPrivateAddress(address), kind !== 'public')
  })
}

/** As the URL parser leaves them: it knows every way to write an IPv4 address. */
const HOSTS: readonly [url: string, linkLocal: boolean, inner: boolean][] = [
  ['http://2852039166/', true, true],
  ['http://0xa9fea9fe/', true, true],
  ['http://0251.0376.0251.0376/', true, true],
  ['http://169.254.43518/', true, true],
  ['http://[::ffff:169.254.169.254]/', true, true],
  ['http://[fe80::1]/', true, true],
  ['http://metadata.google.internal./', true, true],
  ['http://METADATA/', true, true],
  ['http://localhost/', false, true],
  ['http://x.localhost./', false, true],
  ['http://127.1/', false, true],
  ['http://[::1]/', false, true],
  ['http://bucket.example/', false, false],
]
for (const [url, linkLocal, inner] of HOSTS) {
  test(`the host of ${url}`, () => {
    const { hostname } = new URL(url)
    assert.equal(isLinkLocalHost(hostname), linkLocal)
    assert.equal(isPrivateHost(hostname), inner)
  })
}
