import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idleFaults, ratioFaults, scalingRows, type WaveResult } from './scalingVerdict.ts'

function wave(replicas: number, rate: number, shares: readonly number[], more: Partial<WaveResult> = {}): WaveResult {
  const requests = shares.reduce((a, b) => a + b, 0)
  return {
    what: `${replicas} replicas`,
    replicas,
    requests,
    answers: rate * 10,
    seconds: 10,
    shares: new Map(shares.map((share, i) => [`kms-worker-${i + 1}`, share])),
    churn: false,
    busy: 0.5,
    ...more,
  }
}

test('ratios at the limits hold, below them each is named', () => {
  const at = (two: number, four: number) => [wave(1, 40, [400]), wave(2, two, [400, 400]), wave(4, four, [1, 1, 1, 1])]
  assert.deepEqual(ratioFaults(at(76, 144), 40), [])
  assert.equal(ratioFaults(at(75, 144), 40).length, 1)
  assert.match(ratioFaults(at(75, 143), 40).join('\n'), /^2 replicas: 1\.88 times .*\n4 replicas: 3\.5\d times/)
})

test('a slow wave under load of kills is not compared, a slow machine is named', () => {
  const first = wave(1, 40, [400])
  assert.deepEqual(ratioFaults([first, wave(4, 50, [1, 1, 1, 1], { churn: true })], 40), [])
  assert.match(ratioFaults([first, wave(2, 50, [1, 1], { busy: 0.97 })], 40)[0] ?? '', /97 % busy, so this machine/)
  assert.deepEqual(ratioFaults([], 40), ['nothing was measured'])
})

test('a replica without its share is named; one that joined under load needs one answer', () => {
  assert.deepEqual(idleFaults([wave(2, 80, [400, 400]), wave(2, 80, [200, 600])]), [])
  assert.match(idleFaults([wave(2, 80, [199, 601])])[0] ?? '', /kms-worker-1 answered 199 of 800, at least 200/)
  assert.deepEqual(idleFaults([wave(4, 80, [300, 1, 10, 20], { churn: true })]), [])
  assert.equal(idleFaults([wave(4, 80, [300, 0, 10, 20], { churn: true })]).length, 1)
})

test('the table shows rate, ratio and the count of every replica', () => {
  const rows = scalingRows([wave(1, 40, [400]), wave(2, 79, [410, 390])])
  assert.deepEqual(rows[1], ['2 replicas', '2', '800', '79.0/s', '1.98', '410 390', '50 %'])
})

test('when one replica is far below what the Core allows, ratios prove nothing, however good they look', () => {
  const waves = [wave(1, 15.2, [320], { busy: 1 }), wave(2, 39.3, [333, 307]), wave(4, 89.8, [338, 321, 314, 307])]
  const message = /^one replica reached 15\.2\/s of 40\.0\/s: this machine is too busy \(100 %\)/
  assert.match(ratioFaults(waves, 40).join(), message)
})
