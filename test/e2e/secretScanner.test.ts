import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecretScanner } from './secretScanner.ts'

const KEY = '0x8f2a559490d2b3f7c1e6a4d0b9c8e7f60123456789abcdef0fedcba987654321'
const PASSWORD = 'p@ss "word"/with+signs=42'
const scanner = new SecretScanner([
  { name: 'key', text: KEY },
  { name: 'password', text: PASSWORD },
])
const bare = KEY.slice(2)

const PLANTED: readonly [form: string, text: string][] = [
  ['as it is', `error: ${KEY} is no key`],
  ['without 0x and in capitals', bare.toUpperCase()],
  ['its bytes in base64', Buffer.from(bare, 'hex').toString('base64')],
  ['its bytes in an array', JSON.stringify({ data: [...Buffer.from(bare, 'hex')] })],
  ['as a number', String(BigInt(KEY))],
  ['in JSON', JSON.stringify({ password: PASSWORD })],
  ['in hex', Buffer.from(PASSWORD).toString('hex')],
  ['in capital hex', Buffer.from(PASSWORD).toString('hex').toUpperCase()],
  ['in a URL', `https://node.example/?key=${encodeURIComponent(PASSWORD)}`],
  ...['', 'a', 'ab', 'abc'].flatMap((before): [string, string][] =>
    ['', 'x', 'xy'].flatMap((behind): [string, string][] => [
      [`in base64 between "${before}" and "${behind}"`, Buffer.from(before + PASSWORD + behind).toString('base64')],
      [
        `in base64url between "${before}" and "${behind}"`,
        Buffer.from(before + PASSWORD + behind).toString('base64url'),
      ],
    ]),
  ),
]
for (const [form, text] of PLANTED) {
  test(`finds a secret ${form}`, () => assert.ok(scanner.scan('planted', `before ${text} behind`).length > 0))
}

test('finds nothing where there is nothing', () => {
  assert.deepEqual(scanner.scan('clean', `0x${'ab'.repeat(32)} [redacted] ${'p@ss'.repeat(100)}`), [])
})
