import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerAdvice } from './brokerAdvice.ts'

test('what server and client say is turned into what to do', () => {
  const cases: [string, RegExp][] = [
    ["'Authorization Violation'", /refuses the credentials/],
    ['\'Permissions Violation for Publish to "$JS.API.INFO"\'', /permissions/],
    ['JetStream not enabled for account', /JetStream does not answer/],
    ['503', /JetStream does not answer/],
    ['insufficient storage resources available', /no room .*max_file_store/],
    ['resource limits exceeded for account', /no room/],
    ['CONNECTION_REFUSED', /cannot be reached/],
    ['getaddrinfo ENOTFOUND nats', /cannot be reached/],
    ['unable to verify the first certificate', /TLS/],
  ]
  for (const [detail, advice] of cases) assert.match(brokerAdvice(detail) ?? '', advice, detail)
  assert.equal(brokerAdvice('maximum bytes exceeded'), undefined)
})
