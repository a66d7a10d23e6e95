import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createRedactor, displayUrl } from './redact.ts'
import { Secret } from './secret.ts'

const KEY = `0x${'ab12'.repeat(16)}`

test('a secret prints as [redacted] on every way out except reveal', () => {
  const secret = new Secret(KEY)
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ nested: { secret } }, { depth: 9, showHidden: true }),
    JSON.stringify(Object.entries(secret)),
  ]
  for (const text of shown) assert.ok(!text.includes('ab12'), text)
  assert.equal(secret.reveal(), KEY)
})

test('URLs are shown without credentials, query values and access keys', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['http://127.0.0.1:8545', 'http://127.0.0.1:8545'],
    ['nats://user:pass@host:4222', 'nats://[redacted]@host:4222'],
    ['https://rpc.example/v3/0123456789abcdef0123456789abcdef', 'https://rpc.example/v3/[redacted]'],
    ['https://rpc.example/?apikey=x1', 'https://rpc.example/?apikey=[redacted]'],
    ['http://s3.example/bucket/', 'http://s3.example/bucket/'],
    [`https://s3.example/ct/${'0a'.repeat(32)}`, `https://s3.example/ct/${'0a'.repeat(32)}`],
    ['garbage with pass', '[redacted]'],
  ]
  for (const [url, shown] of cases) assert.equal(displayUrl(url), shown)
})

test('the redactor hides known secrets in any form, and URL credentials it does not know', () => {
  const redact = createRedactor([new Secret(KEY), new Secret('pass "word" 1'), new Secret('abc')])
  const bare = KEY.slice(2)
  for (const text of [KEY, bare, bare.toUpperCase(), JSON.stringify({ a: 'pass "word" 1' }), 'pass "word" 1']) {
    const shown = redact(`before ${text} after`)
    assert.match(shown, /^before .*\[redacted\].* after$/, text)
    assert.ok(!/ab12|AB12|word/.test(shown), shown)
  }
  assert.equal(redact('abc is too short to be blanked out'), 'abc is too short to be blanked out')
  assert.equal(redact('"url":"https://u:p@h/x?k=v"'), '"url":"https://[redacted]@h/x?k=[redacted]"')
  assert.equal(redact('see https://docs.example/page, then go on'), 'see https://docs.example/page, then go on')
})
