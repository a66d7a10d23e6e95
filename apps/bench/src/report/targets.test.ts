import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShapeReport } from '../shapes/shape.ts'
import { type Target, verdictsOf } from './targets.ts'

const report = (figures: Record<string, number>): ShapeReport => ({
  name: 'sustained-public-5k',
  runs: [],
  figures,
  faults: [],
})
const target = (bound: Partial<Target>): Target => ({
  shape: 'sustained-public-5k',
  figure: 'ratio',
  what: 'x',
  unit: '',
  ...bound,
})

test('a bound itself is met, beyond it is missed', () => {
  const cases: readonly (readonly [Partial<Target>, number, boolean])[] = [
    [{ atLeast: 0.7 }, 0.7, true],
    [{ atLeast: 0.7 }, 0.699, false],
    [{ atMost: 350 }, 350, true],
    [{ atMost: 350 }, 350.1, false],
    [{ atLeast: 0.7 }, Number.NaN, false],
    [{ atMost: 350 }, Number.NaN, false],
  ]
  for (const [bound, ratio, met] of cases) {
    const [verdict] = verdictsOf([report({ ratio })], [target(bound)])
    assert.equal(verdict?.met, met, `${JSON.stringify(bound)} at ${ratio}`)
    assert.equal(verdict?.achieved, ratio)
  }
})

test('what was not measured has no verdict', () => {
  assert.deepEqual(verdictsOf([], [target({ atLeast: 1 })]), [])
  assert.deepEqual(verdictsOf([report({ other: 1 })], [target({ atLeast: 1 })]), [])
  assert.deepEqual(verdictsOf([report({ ratio: 1 })], [target({ shape: 'sustained-user-5k', atLeast: 1 })]), [])
})
