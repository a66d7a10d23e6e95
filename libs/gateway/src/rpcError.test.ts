import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExchangeFault } from './exchangeFault.ts'
import { RpcError, rejected, unanswered } from './rpcError.ts'

test('a refusal of a node keeps its words for the caller and clips them for the log', () => {
  const long = 'x'.repeat(5000)
  const error = new RpcError('eth_call', -32000, long, undefined)
  assert.equal(error.text.length, 2000)
  assert.equal(error.message.length, 'eth_call failed with -32000: '.length + 300)
})

test('a refusal becomes a fault worth another try', () => {
  const fault = rejected(new RpcError('eth_call', 3, 'execution reverted', '0x99ec48d9'))
  assert.equal(fault.code, 'RPC_REJECTED')
  assert.equal(fault.disposition, 'retry')
  assert.deepEqual(fault.facts, { method: 'eth_call', rpcCode: 3 })
})

const unansweredCalls: readonly (readonly [ExchangeFault, number | undefined])[] = [
  [new ExchangeFault('no answer within 100 ms'), undefined],
  [new ExchangeFault('HTTP 429, no JSON-RPC: slow down', 429), 429],
]

for (const [cause, status] of unansweredCalls) {
  test(`a call without an answer names method, endpoint and reason: ${cause.message}`, () => {
    const fault = unanswered('eth_chainId', 'https://h', cause)
    assert.equal(fault.code, 'RPC_UNAVAILABLE')
    assert.equal(fault.message, `RPC_UNAVAILABLE: eth_chainId at https://h: ${cause.message}`)
    assert.deepEqual(fault.facts, { method: 'eth_chainId', endpoint: 'https://h', status })
  })
}
