import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeadLetter, encodeDeadLetter } from '@kms-connector/streams'
import { groupLetters } from './letterGroups.ts'
import { type Letter, letterOf, traceIdOf } from './letters.ts'

const ID = `01${'0'.repeat(61)}7`
const TRACE = 'ab'.repeat(16)

function letter(seq: number, code: string, storedAt: number, attempts?: number): Letter {
  const source = { stream: 'S', seq: 1, subject: `kms.request.public-decryption.${ID}`, firstStoredAt: 0 }
  const content: DeadLetter = {
    stage: 'kms-worker',
    operation: 'public-decryption',
    key: ID,
    code,
    detail: 'd',
    at: storedAt,
    source: attempts === undefined ? undefined : { ...source, attempts },
    headers: { traceparent: `00-${TRACE}-${'cd'.repeat(8)}-01` },
    body: Buffer.from('{}'),
    history: [],
  }
  const subject = `kms.dead.kms-worker.public-decryption.${ID}`
  return letterOf({ stream: 'DEAD_LETTERS', seq, subject, storedAt, headers: {}, body: encodeDeadLetter(content) })
}

test('letters are grouped by fault, the most frequent first, the oldest letter first', () => {
  const groups = groupLetters([
    letter(3, 'ACL_DENIED', 50),
    letter(4, 'CORE_FAILED', 40, 3),
    letter(5, 'CORE_FAILED', 10, 9),
  ])
  assert.deepEqual(
    groups.map(g => [g.code, g.letters.map(l => l.seq), g.oldestAt, g.newestAt, g.attempts]),
    [
      ['CORE_FAILED', [5, 4], 10, 40, 9],
      ['ACL_DENIED', [3], 50, 50, 0],
    ],
  )
  assert.deepEqual(groupLetters([]), [])
})

test('a letter knows its request and its trace', () => {
  const read = letter(3, 'ACL_DENIED', 50)
  assert.deepEqual([read.stage, read.operation, read.key], ['kms-worker', 'public-decryption', ID])
  assert.equal(traceIdOf(read), TRACE)
})

test('a letter that cannot be read is listed all the same', () => {
  const subject = `kms.dead.kms-worker.public-decryption.${ID}`
  const broken = letterOf({ stream: 'D', seq: 1, subject, storedAt: 1, headers: {}, body: Buffer.from('?') })
  assert.deepEqual([broken.code, broken.key, broken.content], ['MESSAGE_MALFORMED', ID, undefined])
  assert.equal(traceIdOf(broken), undefined)
})
