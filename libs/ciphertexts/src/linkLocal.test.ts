import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLinkLocalAddress } from './linkLocal.ts'

const ADDRESSES: readonly [address: string, linkLocal: boolean][] = [
  ['169.254.0.1', true],
  ['169.254.170.2', true],
  ['::ffff:169.254.169.254', true],
  ['fe80::1', true],
  ['febf::1', true],
  ['fec0::1', false],
  ['fd00:ec2::254', true],
  ['fd00:ec2::253', false],
  ['100.100.100.200', true],
  ['127.0.0.1', false],
  ['10.0.0.1', false],
  ['::1', false],
  ['no address', false],
]

for (const [address, linkLocal] of ADDRESSES) {
  test(`${address} is ${linkLocal ? '' : 'not '}link-local`, () => assert.equal(isLinkLocalAddress(address), linkLocal))
}
