import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RpcError } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import fc from 'fast-check'
import { type ProviderLimit, providerLimitOf } from './providerLimit.ts'

const ASKED = 100_000
const said = (text: string, code = -32_000) => new RpcError('eth_getLogs', code, text, undefined)
const unanswered = (text: string, facts = {}) =>
  new ConnectorError('RPC_UNAVAILABLE', `eth_getLogs at http://node: ${text}`, facts)
const confirmed = (blocks: number): ProviderLimit => ({ kind: 'confirmed', blocks })
const suggested = (blocks: number): ProviderLimit => ({ kind: 'suggested', blocks })
const tooLarge: ProviderLimit = { kind: 'too-large' }
const tooMany: ProviderLimit = { kind: 'too-many-calls' }
const other: ProviderLimit = { kind: 'other' }

/** Texts as the providers send them. */
const rows: readonly (readonly [provider: string, fault: unknown, limit: ProviderLimit])[] = [
  [
    'Alchemy, by size of the answer',
    said(
      'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the response size, or you can request any block range with a cap of 10K logs in the response. Based on your parameters and the response size limit, this block range should work: [0xc5dc00, 0xc614a7]',
    ),
    suggested(14_504),
  ],
  [
    'Alchemy, free of charge',
    said(
      'Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Based on your parameters, this block range should work: [0x1180fca, 0x1180fd3]. Upgrade to PAYG for expanded block range.',
      -32_600,
    ),
    suggested(10),
  ],
  ['Alchemy, by range', said('You can make eth_getLogs requests with up to a 2K block range.'), confirmed(2_000)],
  [
    'Alchemy, by time',
    said(
      'Query timeout exceeded. Consider reducing your block range. Based on your parameters and the response size limit, this block range should work: [0x5223c98, 0x5223e80]',
    ),
    suggested(489),
  ],
  [
    'Infura',
    said('query returned more than 10000 results. Try with this block range [0x1180FCA, 0x1180FD9].', -32_005),
    suggested(16),
  ],
  ['Infura, without advice', said('query returned more than 10000 results', -32_005), tooLarge],
  ['QuickNode', said('eth_getLogs is limited to a 10,000 range', -32_614), confirmed(10_000)],
  ['QuickNode, free of charge', said('eth_getLogs is limited to a 5 range', -32_614), confirmed(5)],
  ['QuickNode, too many calls', said('50/second request limit reached - reduce calls per second', -32_007), tooMany],
  ['Ankr', said('block range is too wide', -32_600), tooLarge],
  ['Ankr, too many calls', said('Too many requests, reason: call rate limit exhausted', -32_029), tooMany],
  ['drpc, free of charge', said('ranges over 10000 blocks are not supported on freetier', 35), confirmed(10_000)],
  ['drpc', said('query exceeds max block range 50000', -32_602), confirmed(50_000)],
  ['drpc, by time', said('Request timeout on the free tier, please upgrade your tier to the paid one', 30), tooLarge],
  ['blockpi', said('eth_getLogs and eth_newFilter are limited to a 1024 blocks range', -32_602), confirmed(1_024)],
  ['1RPC', said('eth_getLogs is limited to 0 - 10000 blocks range'), confirmed(10_000)],
  ['geth and its forks', said('exceed maximum block range: 5000'), confirmed(5_000)],
  ['geth, by time', said('query timeout exceeded'), tooLarge],
  ['nethermind', said('Too many logs requested. Max logs per response is 20000.', -32_005), tooLarge],
  [
    'erigon and reth',
    said('query exceeds max results 20000, retry with the range 24383075-24383096', -32_602),
    suggested(22),
  ],
  ['Arbitrum nitro, by number of logs', said('logs matched by query exceeds limit of 10000'), tooLarge],
  ['Arbitrum nitro, by time', said('log query timed out'), tooLarge],
  ['Sei', said('block range too large (2000), maximum allowed is 1000 blocks'), confirmed(1_000)],
  ['besu', said('Requested range exceeds maximum range limit', -32_005), tooLarge],
  ['Moonbeam', said('block range is too wide (maximum 1024)'), tooLarge],
  ['Avalanche', said('requested too many blocks from 0 to 5000000, maximum is set to 1024'), confirmed(1_024)],
  ['Chainstack', said('Block range limit exceeded. See more details at docs'), tooLarge],
  ['Cloudflare', said('Max range: 800', -32_047), confirmed(800)],
  ['HyperRPC', said('block range greater than 20000 max'), confirmed(20_000)],
  ['zkSync', said('Query returned more than 10000 results. Try with this block range [0x1, 0x64].'), suggested(100)],
  ['a size in bytes', said('response size should not greater than 10000000 bytes'), tooLarge],
  ['an answer that is too large', said('backend response too large'), other],
  ['a response that is too big', said('response is too big', -32_008), tooLarge],
  ['anvil', said('execution timeout'), tooLarge],
  ['Go', said('context deadline exceeded'), tooLarge],
  ['our own deadline', unanswered('no answer within 10000 ms'), tooLarge],
  ['our own ceiling', unanswered('the answer is larger than 67108864 bytes'), tooLarge],
  ['a proxy that gives up', unanswered('HTTP 504, no JSON-RPC: <html>Gateway Time-out</html>'), tooLarge],
  ['a proxy that limits', unanswered('HTTP 429, no JSON-RPC: slow down', { status: 429 }), tooMany],
  ['a proxy without a node', unanswered('HTTP 502, no JSON-RPC: <html>Bad Gateway</html>'), other],
  ['nobody', unanswered('ECONNREFUSED: connect'), other],
  ['a pruned node', said('header not found'), other],
  ['a broken node', said('internal error'), other],
  ['no words', said(''), other],
  ['advice to ask for more', said('this block range should work: [0x0, 0xffffff]'), tooLarge],
  ['advice backwards', said('this block range should work: [0x64, 0x1]'), tooLarge],
  ['a cap of nothing', said('eth_getLogs is limited to a 0 range'), other],
  ['a refusal of another kind', new ConnectorError('RPC_REJECTED', 'no answer within 1 ms'), other],
  ['something else', new Error('timed out'), other],
]
for (const [provider, fault, limit] of rows)
  test(`what a provider says about ranges: ${provider}`, () => assert.deepEqual(providerLimitOf(fault, ASKED), limit))

test('whatever a node says, the advice is a whole number of blocks below what was asked for', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom(...rows.map(([, f]) => String(f)))), fc.nat(), (text, blocks) => {
      const limit = providerLimitOf(said(text), blocks)
      if ('blocks' in limit) assert.ok(Number.isSafeInteger(limit.blocks) && limit.blocks >= 1 && limit.blocks < blocks)
    }),
  )
})
