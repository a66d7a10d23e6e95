import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, type ErrorCode } from '@kms-connector/protocol'
import { worstFault } from './worstFault.ts'

const FACTS = { handle: '0x01', digest: '0x02' }
const faultsOf = (codes: readonly ErrorCode[]) =>
  codes.map((code, index) => ({ source: `bucket-${index}`, error: new ConnectorError(code, 'why') }))

const CASES: readonly [codes: readonly ErrorCode[], winner: ErrorCode][] = [
  [[], 'COPROCESSOR_UNKNOWN'],
  [['COPROCESSOR_UNKNOWN', 'COPROCESSOR_UNKNOWN'], 'COPROCESSOR_UNKNOWN'],
  [['COPROCESSOR_UNKNOWN', 'BUCKET_URL_INVALID'], 'BUCKET_URL_INVALID'],
  [['BUCKET_URL_INVALID', 'CIPHERTEXT_MISSING'], 'CIPHERTEXT_MISSING'],
  [['CIPHERTEXT_MISSING', 'CIPHERTEXT_UNAVAILABLE'], 'CIPHERTEXT_UNAVAILABLE'],
  [['CIPHERTEXT_UNAVAILABLE', 'CIPHERTEXT_TIMEOUT', 'CIPHERTEXT_MISSING'], 'CIPHERTEXT_TIMEOUT'],
  [['CIPHERTEXT_TIMEOUT', 'CIPHERTEXT_TOO_LARGE'], 'CIPHERTEXT_TOO_LARGE'],
  [['CIPHERTEXT_TOO_LARGE', 'CIPHERTEXT_DIGEST_MISMATCH', 'CIPHERTEXT_MISSING'], 'CIPHERTEXT_DIGEST_MISMATCH'],
  [['RPC_UNAVAILABLE', 'CIPHERTEXT_DIGEST_MISMATCH'], 'RPC_UNAVAILABLE'],
]

for (const [codes, winner] of CASES) {
  test(`${codes.join(' + ') || 'nothing'} is ${winner}`, () => {
    const error = worstFault(faultsOf(codes), FACTS)
    assert.equal(error.code, winner)
    for (const code of codes) assert.match(error.message, new RegExp(code))
  })
}

test('the message stays short however many sources there are', () => {
  const { message } = worstFault(faultsOf(Array(200).fill('CIPHERTEXT_MISSING')), FACTS)
  assert.match(message, /from 200 source\(s\).*and 192 more/)
  assert.ok(message.length < 1000)
})
