import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createRedactor, displayUrl, secretsOfUrl } from './redact.ts'
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
    [`https://rpc.example/eth/${'0a'.repeat(32)}`, 'https://rpc.example/eth/[redacted]'],
    [`https://rpc.example/eth/0x${'0a'.repeat(32)}`, 'https://rpc.example/eth/[redacted]'],
    ['https://rpc.example/rpc/correct-horse', 'https://rpc.example/rpc/[redacted]'],
    ['https://rpc.example/k3y0f9/v1', 'https://rpc.example/[redacted]/v1'],
    ['https://rpc.example/%73ecret%2Dpath', 'https://rpc.example/[redacted]'],
    ['https://rpc.example/arbitrum-sepolia/v2/abcdefghijklmnop', 'https://rpc.example/arbitrum-sepolia/v2/[redacted]'],
    ['https://rpc.example/ext/bc/C/rpc', 'https://rpc.example/ext/bc/C/rpc'],
    ['http://collector:4318/v1/traces', 'http://collector:4318/v1/traces'],
    ['https://rpc.example/?a1b2c3d4', 'https://rpc.example/?[redacted]'],
    ['https://rpc.example/?network=sepolia&dkey=x', 'https://rpc.example/?network=[redacted]&dkey=[redacted]'],
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
  assert.equal(redact(`https://h/${bare}?k=v`), 'https://h/[redacted]?k=[redacted]')
})

test('what a URL of the settings hides is hidden in any other text, too', () => {
  const hex = '0a1b'.repeat(16)
  const urls = [
    `https://rpc.example/eth/${hex}`,
    'https://rpc.example/rpc/correct-horse',
    'https://rpc.example/polygon/public/AbCdEfGh#behind-a-hash',
    'https://rpc.example/?dkey=q%2Fu%2Fery-key&network=sepolia&v1',
    'https://user-name:pass%20word@rpc.example',
    'nats://tok3n-of-nats@host:4222',
  ]
  const redact = createRedactor(urls.flatMap(secretsOfUrl))
  const shown = [
    `no answer from /eth/${hex}`,
    `0x${hex}`,
    hex.toUpperCase(),
    'path: correct-horse',
    '{"path":"/AbCdEfGh"}',
    'q/u/ery-key and q%2Fu%2Fery-key',
    'pass word and pass%20word',
    'tok3n-of-nats',
    '#behind-a-hash',
  ].map(redact)
  for (const text of shown) assert.ok(!/0a1b|horse|AbCd|ery|pass.*word|tok3n|behind/i.test(text), text)
})

test('ids, hashes and words stay readable beside the secrets of URLs', () => {
  const secrets = ['https://rpc.example/decrypt/listen/public/v1?network=sepolia', 'https://u:p@h/main'].flatMap(
    secretsOfUrl,
  )
  const redact = createRedactor(secrets)
  for (const text of [
    `{"request_id":"01${'0a'.repeat(31)}","hash":"0x${'cd'.repeat(32)}","operation":"public-decryption"}`,
    `https://explorer.example/tx/0x${'cd'.repeat(32)}`,
    `https://s3.example/ct/${'0a'.repeat(32)}`,
    'decryption listener sepolia decrypt-all',
  ])
    assert.equal(redact(text), text)
  assert.equal(redact('decrypt'), '[redacted]', 'as a word of its own it may be the key')
})
