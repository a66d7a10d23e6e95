import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leanDigest, libraryDigest } from './typedDigest.ts'

const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}` as const
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength }).map(hex)

test('both ways to a digest agree', async () => {
  const terms = { chainId: 54_321, decryption: `0x${'5b'.repeat(20)}` } as const
  const [lean, library] = [await leanDigest(terms), libraryDigest(terms)]
  fc.assert(
    fc.property(
      fc.array(bytes(32), { maxLength: 5 }),
      bytes(0, 100),
      fc.option(bytes(0, 900)),
      (ctHandles, result, key) => {
        const answer = { ctHandles, result, ...(key === null ? {} : { publicKey: key }) }
        assert.equal(hex(lean(answer)), hex(library(answer)))
      },
    ),
  )
})
