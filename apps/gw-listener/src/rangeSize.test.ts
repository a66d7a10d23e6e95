import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RpcError } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import { isRangeTooLarge, RangeSize } from './rangeSize.ts'

const said = (text: string) => new RpcError('eth_getLogs', -32_000, text, undefined)
const unanswered = (text: string) => new ConnectorError('RPC_UNAVAILABLE', `eth_getLogs at http://node: ${text}`)

const refusals = [
  said('block range is too wide'),
  said('exceed maximum block range: 5000'),
  said('query returned more than 10000 results'),
  said('Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range'),
  said('eth_getLogs is limited to a 10,000 range, block range too large'),
  said('query exceeds max results 20000'),
  said('execution timeout'),
  unanswered('no answer within 10000 ms'),
  unanswered('the answer is larger than 67108864 bytes'),
  unanswered('HTTP 504, no JSON-RPC: <html>Gateway Time-out</html>'),
]
for (const fault of refusals)
  test(`less is asked for at once: ${fault.message}`, () => assert.ok(isRangeTooLarge(fault)))

const others = [
  said('header not found'),
  said('internal error'),
  said(''),
  unanswered('ECONNREFUSED: connect'),
  unanswered('HTTP 502, no JSON-RPC: <html>Bad Gateway</html>'),
  new ConnectorError('RPC_REJECTED', 'eth_getLogs at http://node answered no answer within 1 ms'),
  new Error('timed out'),
]
for (const fault of others)
  test(`not surely about the range: ${fault.message}`, () => assert.ok(!isRangeTooLarge(fault)))

test('a range shrinks to one block and grows back to its maximum', () => {
  const size = new RangeSize(100)
  const sizes: number[] = []
  while (size.current > 1) {
    size.shrink(size.current)
    sizes.push(size.current)
  }
  assert.deepEqual(sizes, [50, 25, 12, 6, 3, 1])
  for (let i = 0; i < 1000; i++) size.grow()
  assert.equal(size.current, 100)
})

test('near the head it is the range that failed which is halved; one block says nothing about ranges', () => {
  const size = new RangeSize(100)
  size.shrink(1)
  assert.equal(size.current, 100)
  size.shrink(20)
  assert.equal(size.current, 10)
})
