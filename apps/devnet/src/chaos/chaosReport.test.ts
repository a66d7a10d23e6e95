import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultLines, summaryTable } from './chaosReport.ts'
import type { Finding } from './checker.ts'
import type { SeedResult } from './runSeed.ts'

const SCOPE = { requests: 500, kills: 25 }

function resultWith(findings: readonly Finding[]): SeedResult {
  return {
    seed: 7,
    findings,
    counts: { requests: 500, answers: 500, transactions: 501, reverted: 1, burned: 0, reruns: 0 },
    injected: {
      kills: 25,
      terminations: 5,
      freezes: 5,
      faults: 63,
      hits: 700,
      reorgs: 7,
      transactionsLost: 12,
    },
    restarts: 30,
    restartsAsked: 2,
    seconds: 61.4,
    drainSeconds: 20,
    dir: '/tmp/logs/seed-7',
  }
}

test('a failed seed says what is wrong for which id, where the logs are, and how to repeat it', () => {
  const lines = resultLines(
    resultWith([
      { rule: 'missing answer', id: '01ab', text: 'no answer on chain' },
      { rule: 'nonce gap', text: 'nonce 3 was mined 0 times' },
    ]),
    SCOPE,
  )
  assert.match(lines[0] ?? '', /^seed 7: FAILED with 2 findings/)
  assert.deepEqual(lines.slice(1), [
    '  missing answer: 1',
    '    01ab: no answer on chain',
    '  nonce gap: 1',
    '    nonce 3 was mined 0 times',
    '  logs and streams: /tmp/logs/seed-7',
    '  repeat: npm run chaos -- --seed 7 --requests 500 --kills 25',
  ])
})

test('a fault that hits everything does not fill the screen', () => {
  const findings = Array.from({ length: 500 }, (_, n) => ({ rule: 'missing answer', id: String(n), text: 'none' }))
  const lines = resultLines(resultWith(findings), SCOPE)
  assert.ok(lines.length < 12)
  assert.ok(lines.includes('    and 495 more'))
})

test('the table counts what must be zero, by its own column, and sums up', () => {
  const found = resultWith([{ rule: 'double answer', id: '01', text: '2' }])
  const [header, , row, next] = summaryTable([found, resultWith([])])
  const at = header?.split(' | ').indexOf('double') ?? -1
  assert.equal(row?.split(' | ')[at], '1')
  assert.equal(summaryTable([found, found]).at(-1)?.split(' | ')[at], '2')
  assert.match(next ?? '', /^\| 7 /)
})
