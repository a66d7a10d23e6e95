import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import * as declare from './declare.ts'
import { Mismatch } from './kind.ts'

const describe = 'A setting of this test.'
const ADDRESS = '0xABCDEFabcdef0123456789012345678901234567'
const KEY = 'aB'.repeat(32)

const settings = {
  text: declare.text({ describe }),
  patterned: declare.text({ describe, pattern: /^v\d$/, expected: 'v and a digit' }),
  url: declare.url({ describe }),
  nats: declare.url({ describe, protocols: ['nats:', 'tls:'] }),
  integer: declare.integer({ describe, min: 1, max: 10 }),
  anyInteger: declare.integer({ describe }),
  block: declare.integerOr(['latest'], { describe, min: 0 }),
  duration: declare.duration({ describe, max: '1h' }),
  bytes: declare.bytes({ describe, max: '1GiB' }),
  flag: declare.flag({ describe }),
  choice: declare.choice(['latest', 'finalized'], { describe }),
  address: declare.address({ describe }),
  endpoint: declare.endpoint({ describe }),
  path: declare.path({ describe }),
  key: declare.secretHex({ describe, bytes: 32 }),
  token: declare.secretText({ describe }),
  texts: declare.textList({ describe, min: 1, max: 3 }),
  urls: declare.urlList({ describe }),
  endpoints: declare.urls({ describe, max: 2 }),
} as const
type Name = keyof typeof settings

const plain = (value: unknown) => (value instanceof Secret ? value.reveal() : value)

test('what the environment may say', () => {
  const cases: readonly (readonly [Name, string, unknown])[] = [
    ['text', ' a b ', 'a b'],
    ['patterned', 'v1', 'v1'],
    ['url', 'http://h:1/p', 'http://h:1/p'],
    ['nats', 'nats://127.0.0.1:4222', 'nats://127.0.0.1:4222'],
    ['integer', '10', 10],
    ['anyInteger', '-5', -5],
    ['block', 'latest', 'latest'],
    ['block', '0', 0],
    ['duration', '1m', 60_000],
    ['bytes', '66MiB', 69_206_016],
    ['flag', 'true', true],
    ['flag', 'FALSE', false],
    ['flag', '1', true],
    ['choice', 'finalized', 'finalized'],
    ['address', ADDRESS, ADDRESS.toLowerCase()],
    ['path', './a b', './a b'],
    ['key', KEY, `0x${KEY.toLowerCase()}`],
    ['key', `0x${KEY}`, `0x${KEY.toLowerCase()}`],
    ['token', 'x y', 'x y'],
  ]
  for (const [name, text, value] of cases)
    assert.equal(plain(settings[name].kind.fromText(text)), value, `${name} ${text}`)
  assert.deepEqual(settings.endpoint.kind.fromText('[::1]:0'), { host: '::1', port: 0 })
  assert.deepEqual(settings.endpoint.kind.fromText('0.0.0.0:9100'), { host: '0.0.0.0', port: 9100 })
  assert.deepEqual(settings.texts.kind.fromText('a, b'), ['a', 'b'])
  assert.deepEqual(settings.urls.kind.fromText('http://[::1]:50052,https://b'), ['http://[::1]:50052', 'https://b'])
  const { fromText, fromValue } = settings.endpoints.kind
  assert.deepEqual(fromText('http://a/?x=1,2 , https://b'), ['http://a/?x=1,2', 'https://b'])
  assert.deepEqual(fromValue('http://a'), ['http://a'])
  assert.deepEqual(fromValue(['http://a/?x=1,y:/z', 'http://b']), ['http://a/?x=1,y:/z', 'http://b'])
})

test('what the environment may not say, and how that is told', () => {
  const cases: readonly (readonly [Name, string, string])[] = [
    ['text', ' ', 'is empty'],
    ['patterned', 'w1', '"w1" does not fit'],
    ['url', 'h:1', 'starts with "h:"'],
    ['url', 'not a url', 'is not a URL'],
    ['nats', 'http://h', 'starts with "http:"'],
    ['nats', 'nats:', 'names no host'],
    ['integer', '0', '0 is too small'],
    ['integer', '11', '11 is too large'],
    ['integer', '1.5', '"1.5" is not an integer within 2^53'],
    ['integer', '', '"" is not an integer within 2^53'],
    ['anyInteger', '9007199254740993', '"9007199254740993" is not an integer within 2^53'],
    ['block', 'newest', '"newest" is not an integer within 2^53'],
    ['block', '-1', '-1 is too small'],
    ['duration', '5', '"5" is not a duration'],
    ['duration', '0s', '0ms is too small'],
    ['duration', '2h', '2h is too large'],
    ['bytes', '1.5MiB', '"1.5MiB" is not a size'],
    ['bytes', '0', '0B is too small'],
    ['flag', 'yes', '"yes" is neither true nor false'],
    ['choice', 'finalised', '"finalised" is not offered, the nearest is "finalized"'],
    ['address', ADDRESS.slice(2), `"${ADDRESS.slice(2)}" is not an address`],
    ['endpoint', 'http://h:1', '"http://h:1" is not HOST:PORT'],
    ['endpoint', 'h:99999', '"h:99999" is not HOST:PORT'],
    ['path', 'a\0b', 'contains a NUL character'],
    ['key', KEY.slice(2), 'has 62 hex digits'],
    ['key', `${KEY.slice(1)}g`, 'has characters that are not hex digits'],
    ['token', '', 'is empty'],
    ['texts', 'a,,c', 'item 2 is empty'],
    ['texts', '', 'has 0 items'],
    ['texts', 'a,b,c,d', 'has 4 items, more than the 3 allowed'],
    ['urls', 'http://a,ftp://b', 'item 2 starts with "ftp:"'],
    ['endpoints', 'http://a,ftp://b', 'item 2 starts with "ftp:"'],
    ['endpoints', 'ftp://b', 'starts with "ftp:"'],
    ['endpoints', ' ', 'has 0 items'],
    ['endpoints', 'http://a,http://b,http://c', 'has 3 items, more than the 2 allowed'],
  ]
  for (const [name, text, problem] of cases) {
    assert.throws(() => settings[name].kind.fromText(text), new Mismatch(problem), `${name} ${text}`)
  }
})

test('TOML has types, and they must be right', () => {
  const good: readonly (readonly [Name, unknown])[] = [
    ['text', 'a'],
    ['integer', 5],
    ['block', 5],
    ['block', 'latest'],
    ['duration', '3s'],
    ['bytes', 4096],
    ['bytes', '4KiB'],
    ['flag', true],
    ['texts', ['a', 'b,c']],
  ]
  for (const [name, value] of good) assert.doesNotThrow(() => settings[name].kind.fromValue(value), `${name} ${value}`)
  const bad: readonly (readonly [Name, unknown, string])[] = [
    ['text', 5, 'is an integer, not text in quotes'],
    ['duration', 3000, 'is an integer, not text in quotes'],
    ['integer', '5', 'is text'],
    ['integer', 1.5, 'is a fraction'],
    ['integer', 2n ** 60n, 'is an integer beyond 2^53'],
    ['block', 1.5, 'is a fraction'],
    ['flag', 'true', 'is text'],
    ['url', null, 'is null, not text in quotes'],
    ['address', { a: 1 }, 'is a table, not text in quotes'],
    ['bytes', true, 'is a boolean, not text in quotes'],
    ['texts', 'a', 'is text, not an array'],
    ['texts', [new Date(0)], 'item 1 is a date, not text in quotes'],
  ]
  for (const [name, value, problem] of bad) {
    assert.throws(() => settings[name].kind.fromValue(value), new Mismatch(problem), `${name} ${problem}`)
  }
})

test('any text and any value is read or refused with a Mismatch, and secrets are not repeated', () => {
  for (const [name, { kind }] of Object.entries(settings)) {
    const attempt = (read: () => unknown, given: string) => {
      try {
        read()
      } catch (fault) {
        assert.ok(fault instanceof Mismatch, `${name} ${given}: ${fault}`)
        if (kind.secret && given.length > 20) assert.ok(!fault.message.includes(given), name)
      }
    }
    fc.assert(
      fc.property(fc.string(), fc.anything(), (text, value) => {
        attempt(() => kind.fromText(text), text)
        attempt(() => kind.fromValue(value), '')
      }),
      { numRuns: 50 },
    )
  }
})

test('a default that breaks its own rules is a fault of the program', () => {
  assert.throws(() => declare.duration({ describe, default: '3' }), /default of the setting .* "3" is not a duration/)
  assert.throws(() => declare.integer({ describe, default: 0, min: 1 }), /too small/)
  assert.throws(() => declare.duration({ describe, min: 'soon' }), /no bound/)
})
