import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerCertificate } from 'node:tls'
import { serverIdentity } from './serverName.ts'

const certificate = (subjectaltname: string) => ({ subject: { CN: 'x' }, subjectaltname }) as unknown as PeerCertificate // CAST: the check reads no more than these two

const CASES: readonly [server: string, name: string, names: string, trusted: boolean][] = [
  ['nats://nats.example:4222', 'nats.example', 'DNS:nats.example', true],
  ['nats://nats.example:4222', 'nats.example', 'DNS:other.example', false],
  // What the TLS layer says when the client library names nobody.
  ['nats://10.1.2.3:4222', 'localhost', 'IP Address:10.1.2.3', true],
  ['nats://10.1.2.3:4222', 'localhost', 'IP Address:10.1.2.4', false],
  ['nats://10.1.2.3:4222', 'localhost', 'DNS:localhost', false],
  ['tls://[fd00::1]:4222', 'localhost', 'IP Address:fd00::1', true],
  ['nats://localhost:4222', 'localhost', 'DNS:localhost', true],
  ['nats://nats.example:4222', 'localhost', 'DNS:nats.example', false],
]
for (const [server, name, names, trusted] of CASES) {
  test(`${server} called ${name} with a certificate for ${names} is ${trusted ? '' : 'not '}trusted`, () => {
    assert.equal(serverIdentity([server])(name, certificate(names)) === undefined, trusted)
  })
}
