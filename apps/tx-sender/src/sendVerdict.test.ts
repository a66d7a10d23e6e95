import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SendVerdict, sendVerdictOf } from './sendVerdict.ts'

const cases: readonly (readonly [string, SendVerdict])[] = [
  ['already known', 'known'],
  ['transaction already imported', 'known'],
  ['AlreadyKnown', 'known'],
  ['nonce too low', 'consumed'],
  ['nonce too low: address 0xf39F, tx: 3 state: 5', 'consumed'],
  ['OldNonce', 'consumed'],
  ['nonce too high', 'too-high'],
  ['nonce too high: address 0xf39F, tx: 9 state: 5', 'too-high'],
  ['replacement transaction underpriced', 'underpriced'],
  ['transaction underpriced', 'underpriced'],
  ['max fee per gas less than block base fee', 'underpriced'],
  ['insufficient funds for gas * price + value', 'funds'],
  ['Insufficient funds for gas * price + value', 'funds'],
  ['intrinsic gas too low', 'refused'],
  ['exceeds block gas limit', 'refused'],
  ['invalid chain id for signer', 'refused'],
  ['oversized data', 'oversized'],
  ['oversized data: transaction size 131200, limit 131072', 'oversized'],
  ['MaxTxSizeExceeded, Transaction size 131200 exceeds configured max', 'oversized'],
  ['unknown transaction type', 'unknown'],
  ['internal error', 'unknown'],
  ['', 'unknown'],
]

for (const [text, verdict] of cases) {
  test(`"${text}" means ${verdict}`, () => assert.equal(sendVerdictOf(text), verdict))
}
