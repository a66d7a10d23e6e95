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
