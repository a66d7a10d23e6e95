import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestIdOf } from '@kms-connector/protocol'
import { seeChain } from './chainView.ts'
import { slotOf } from './ledger.ts'
import { newState } from './senderState.ts'

const attempt = { hash: `0x${'00'.repeat(32)}`, raw: '0x02', gas: 1n, maxFeePerGas: 1n, signedAt: 0 } as const
const slot = (nonce: number) => ({
  ...slotOf({ nonce, responseSeq: 1, operation: 'public-decryption', id: requestIdOf(1n), attempts: [attempt] }, 1),
  missingReceipts: 7,
})

test('look-ups without a receipt prove nothing once the count of transactions goes back', () => {
  const state = newState(new Map([3, 4].map(nonce => [nonce, slot(nonce)])), 0, undefined)
  seeChain(state, { latestNonce: 5, headBlock: 9 })
  assert.deepEqual(
    [3, 4].map(nonce => state.slots.get(nonce)?.missingReceipts),
    [7, 7],
  )
  seeChain(state, { latestNonce: 4, headBlock: 9 })
  assert.deepEqual(
    [3, 4].map(nonce => state.slots.get(nonce)?.missingReceipts),
    [7, 0],
  )
})
