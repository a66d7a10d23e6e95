import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, done } from '@kms-connector/protocol'
import { DECRYPTION_RETRY, KEY_MANAGEMENT_RETRY } from './retryPolicy.ts'
import { settlementOf } from './settle.ts'

const now = 10_000_000
const fresh = { attempt: 1, firstStoredAt: now }
const worn = { attempt: 50, firstStoredAt: now - 2 * 3_600_000 }
const busy = new ConnectorError('CORE_BUSY', 'busy')

test('done is acknowledged', () => {
  assert.deepEqual(settlementOf(done, worn, DECRYPTION_RETRY, now, 0.5), { kind: 'ack' })
})

test('retry waits as long as the policy says, or as long as the verdict says', () => {
  const verdict = { kind: 'retry', error: busy } as const
  assert.deepEqual(settlementOf(verdict, fresh, DECRYPTION_RETRY, now, 0.5), {
    kind: 'nak',
    delayMs: 1_000,
    error: busy,
  })
  const patient = settlementOf({ ...verdict, afterMs: 7 }, fresh, DECRYPTION_RETRY, now, 0.5)
  assert.deepEqual(patient, { kind: 'nak', delayMs: 7, error: busy })
})

test('a retry over the budget is given up with its last error, unless the operation is never dropped', () => {
  const verdict = { kind: 'retry', error: busy } as const
  const over = settlementOf(verdict, worn, DECRYPTION_RETRY, now, 0.5)
  assert.equal(over.kind, 'dead')
  assert.ok(over.kind === 'dead' && over.error.code === 'CORE_BUSY' && /50 attempts in 7200 s/.test(over.error.message))
  assert.equal(settlementOf(verdict, worn, KEY_MANAGEMENT_RETRY, now, 0.5).kind, 'nak')
})

test('faults that hit every message alike never use a message up', () => {
  for (const code of ['WALLET_EMPTY', 'CHAIN_ID_MISMATCH'] as const) {
    const verdict = { kind: 'retry', error: new ConnectorError(code, 'x') } as const
    assert.equal(settlementOf(verdict, worn, DECRYPTION_RETRY, now, 0.5).kind, 'nak', code)
  }
})

test('dead is dead at the first attempt', () => {
  const error = new ConnectorError('MESSAGE_MALFORMED', 'x')
  assert.deepEqual(settlementOf({ kind: 'dead', error }, fresh, KEY_MANAGEMENT_RETRY, now, 0), { kind: 'dead', error })
})
