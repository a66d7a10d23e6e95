import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Journey, latenciesOf } from './journey.ts'

const journey = (start: number, slow: number): Journey => ({
  block: start,
  published: start + 10,
  answered: start + 30,
  submitted: start + 60,
  mined: start + 60 + slow,
  stored: start + 65 + slow,
})

test('every step and the spans over all of them are summarised', () => {
  const journeys = Array.from({ length: 100 }, (_, i) => journey(1_000 * i, i + 1))
  const latencies = latenciesOf(journeys)
  const expected = {
    'block → published': { p50: 10, p90: 10, p99: 10, max: 10 },
    'published → answered': { p50: 20, p90: 20, p99: 20, max: 20 },
    'answered → submitted': { p50: 30, p90: 30, p99: 30, max: 30 },
    'submitted → mined': { p50: 50, p90: 90, p99: 99, max: 100 },
    'mined → stored': { p50: 5, p90: 5, p99: 5, max: 5 },
    'block → submitted': { p50: 60, p90: 60, p99: 60, max: 60 },
    'block → mined': { p50: 110, p90: 150, p99: 159, max: 160 },
    'block → stored': { p50: 115, p90: 155, p99: 164, max: 165 },
  }
  assert.deepEqual(latencies, expected)
})

test('no requests have no latencies', () => {
  assert.deepEqual(latenciesOf([]), {})
})
