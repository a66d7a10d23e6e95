import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256, startKeccak } from './keccak.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

// Known answers of Keccak-256 (the padding before SHA-3 was standardised), as Ethereum uses it.
const VECTORS: readonly [input: string, digest: string][] = [
  ['', '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
  ['abc', '0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
]

for (const [input, digest] of VECTORS) {
  test(`keccak256("${input}")`, async () => assert.equal(await keccak256(text(input)), digest))
}

test('hashers are used again without a trace of the hash before, and never by two at once', async () => {
  const dropped = await startKeccak()
  dropped.update(text('something else'))
  dropped.discard()
  const [one, two] = [await startKeccak(), await startKeccak()]
  one.update(text('a'))
  two.update(text('ab'))
  one.update(text('bc'))
  two.update(text('c'))
  assert.equal(one.digest(), VECTORS[1]?.[1])
  assert.equal(two.digest(), VECTORS[1]?.[1])
  one.discard()
  assert.throws(() => one.digest(), TypeError)
})

test('one different byte of a mebibyte is another digest, in whatever pieces it arrives', async () => {
  // Digests by another implementation.
  const bytes = Uint8Array.from({ length: 2 ** 20 }, (_, index) => index % 251)
  assert.equal(await keccak256(bytes), '0x2fd6b833d9e25ae8d7dda1c3ed07af04df131ce89010c888534d4e825e40e875')
  bytes[777_777] = (bytes[777_777] ?? 0) ^ 1
  const pieces = await startKeccak()
  for (let at = 0; at < bytes.length; at += 65_521) pieces.update(bytes.subarray(at, at + 65_521))
  assert.equal(pieces.digest(), '0xbc16adbff9db9aa3da8109ddd1b01c556c3db1004bfe09baccca0e73e0051a12')
})
