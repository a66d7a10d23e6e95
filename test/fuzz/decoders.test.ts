import { test } from 'node:test'
import fc from 'fast-check'
import { TARGETS } from './targets.ts'

/** Enough to notice a decoder that got worse; `npm run fuzz` looks longer. */
const INPUTS = 200
const MOST_MS = 400

for (const { name, property } of TARGETS) {
  test(`whatever the input, a typed fault or a result: ${name}`, async () => {
    await fc.assert(property, { numRuns: INPUTS, interruptAfterTimeLimit: MOST_MS, markInterruptAsFailure: false })
  })
}
