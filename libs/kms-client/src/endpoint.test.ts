import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEndpoints } from './endpoint.ts'

test('endpoints become origins, in order', () => {
  const endpoints = ['http://core-1:50051/', 'http://[::1]:50052', 'https://core:443']
  assert.deepEqual(parseEndpoints(endpoints), ['http://core-1:50051', 'http://[::1]:50052', 'https://core'])
})

test('TLS material goes with https', () => {
  assert.deepEqual(parseEndpoints(['https://core:1'], { ca: 'ca', cert: 'c', key: 'k' }), ['https://core:1'])
})

const refused: readonly (readonly [string, readonly string[], object | undefined, RegExp])[] = [
  ['none', [], undefined, /no KMS Core endpoint/],
  ['not a URL', ['core:'], undefined, /endpoint 1 is/],
  ['other scheme', ['http://a:1', 'grpc://core:1'], undefined, /endpoint 2 is neither/],
  ['credentials', ['https://user:hunter2@core:1'], undefined, /endpoint 1 carries credentials; KMS Core knows none$/],
  ['path', ['http://core:1/kms'], undefined, /more than host and port/],
  ['TLS material on plaintext', ['http://core:1'], { ca: 'ca' }, /plaintext although TLS/],
  ['certificate without key', ['https://core:1'], { cert: 'c' }, /both certificate and key/],
]

for (const [what, endpoints, tls, message] of refused) {
  test(`endpoint refused: ${what}`, () => {
    assert.throws(() => parseEndpoints(endpoints, tls), { code: 'SETTINGS_INVALID', message })
  })
}
