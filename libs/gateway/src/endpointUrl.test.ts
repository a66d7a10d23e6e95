import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseEndpointUrl } from './endpointUrl.ts'

const refused = ['', 'localhost:8545', 'ftp://host/x', 'ws://host', 'not a url with s3cr3tkey', 'http://']

for (const text of refused) {
  test(`"${text}" is no endpoint, and the fault does not repeat it`, () => {
    const holdsNoPart = (fault: unknown) => {
      assert.ok(fault instanceof Error)
      assert.equal(fault.message.includes('s3cr3tkey'), false)
      assert.equal(fault.cause, undefined)
      return true
    }
    assert.throws(() => parseEndpointUrl(text), { code: 'SETTINGS_INVALID' })
    assert.throws(() => parseEndpointUrl(text), holdsNoPart)
  })
}

test('user name and password travel as basic authorization, never in the URL', () => {
  const endpoint = parseEndpointUrl('https://opera%40tor:pa%3Ass-word@node.example:8443/rpc')
  assert.equal(endpoint.path, '/rpc')
  assert.equal(endpoint.origin, 'https://node.example:8443')
  assert.equal(endpoint.authorization, `Basic ${Buffer.from('opera@tor:pa:ss-word').toString('base64')}`)
})

const hidden: readonly (readonly [string, string, string])[] = [
  ['a key in the path', 'https://h/v3/abcdef0123456789', 'no route /v3/abcdef0123456789'],
  ['a key in the query', 'https://h/rpc?apikey=abcdef0123456789', 'bad apikey abcdef0123456789'],
  ['a key with escapes', 'https://h/?k=abc%2Fdef%3D0123', 'raw abc%2Fdef%3D0123 and plain abc/def=0123'],
  ['a password', 'https://user:abcdef0123456789@h/', 'login abcdef0123456789'],
  [
    'an authorization header',
    'https://user:abcdef0123456789@h/',
    `${Buffer.from('user:abcdef0123456789').toString('base64')}`,
  ],
]

for (const [label, url, text] of hidden) {
  test(`${label} is taken out of texts`, () => {
    const clean = parseEndpointUrl(url).redact(text)
    assert.match(clean, /\[redacted\]/)
    for (const key of ['abcdef0123456789', 'abc/def=0123', 'abc%2Fdef%3D0123', 'YWJjZGVm']) {
      assert.equal(clean.includes(key), false, clean)
    }
  })
}

test('short parts leave the texts of nodes as they are', () => {
  const { redact } = parseEndpointUrl('https://host/v3/low?a=nonce')
  assert.equal(redact('nonce too low'), 'nonce too low')
})

test('any key of a URL is taken out of any text', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9_-]{6,64}$/)
  fc.assert(
    fc.property(key, key, fc.string(), fc.string(), (path, query, before, after) => {
      const { redact } = parseEndpointUrl(`https://host/v3/${path}?key=${query}`)
      const clean = redact(`${before}\u0000${path}\u0001${query}\u0002${after}`)
      const left = clean.replaceAll('[redacted]', '\u0003')
      assert.equal(left.includes(path) || left.includes(query), false)
    }),
  )
})
