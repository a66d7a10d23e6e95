import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Point, slopePerHour } from './slope.ts'

const minutes = (count: number, valueAt: (minute: number) => number): Point[] =>
  Array.from({ length: count }, (_, minute) => ({ at: minute * 60_000, value: valueAt(minute) }))
const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-6, `${value}`)

test('a line has its own slope, noise that repeats has none', () => {
  near(slopePerHour(minutes(31, minute => 200 + minute * 0.5)), 30)
  near(slopePerHour(minutes(31, () => 200)), 0)
})

test('the warm-up is left out: a quarter, of a long measurement five minutes', () => {
  near(slopePerHour(minutes(9, minute => Math.min(minute, 2) * 100)), 0)
  near(slopePerHour(minutes(60, minute => Math.min(minute, 5) * 100)), 0)
  assert.ok(slopePerHour(minutes(60, minute => Math.min(minute, 10) * 100)) > 1)
})

test('one moment has no slope', () => {
  assert.ok(Number.isNaN(slopePerHour(minutes(1, () => 1))))
  assert.ok(Number.isNaN(slopePerHour([])))
})
