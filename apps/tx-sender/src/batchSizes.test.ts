import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchSizeOf } from './batchSizes.ts'

test('transactions for a sequencer never travel together: it answers to each when it is in a block', () => {
  assert.equal(batchSizeOf('eth_sendRawTransaction', 'none'), 1)
  assert.ok(batchSizeOf('eth_sendRawTransaction', 'present') > 1)
})

test('questions about many answers travel together with either kind of node', () => {
  for (const mempool of ['none', 'present'] as const) {
    for (const method of ['eth_call', 'eth_estimateGas', 'eth_getTransactionReceipt']) {
      assert.ok(batchSizeOf(method, mempool) > 1, method)
    }
  }
})

test('looks at the wallet travel by themselves', () => {
  for (const method of ['eth_getTransactionCount', 'eth_blockNumber', 'eth_getBalance', 'eth_anything']) {
    assert.equal(batchSizeOf(method, 'none'), 1)
  }
})
