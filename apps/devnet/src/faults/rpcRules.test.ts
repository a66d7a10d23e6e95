import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RpcCall } from './rpcAction.ts'
import { type RpcRule, RpcRules } from './rpcRules.ts'
import { seededRandom } from './seededRandom.ts'

const call = (method: string): RpcCall => ({ id: 1, method, params: [] })
const rulesOf = (...added: RpcRule[]) => {
  const rules = new RpcRules(seededRandom(1))
  return { rules, active: added.map(rule => rules.add(rule)) }
}

const ABOUT: readonly (readonly [RpcRule['method'], readonly string[], readonly string[]])[] = [
  [undefined, ['eth_call', 'net_version'], []],
  ['eth_call', ['eth_call'], ['eth_callMany']],
  [['eth_call', 'eth_getLogs'], ['eth_call', 'eth_getLogs'], ['eth_chainId']],
  [/^eth_send/, ['eth_sendRawTransaction', 'eth_sendRawTransactionSync'], ['eth_call']],
]
for (const [method, yes, no] of ABOUT) {
  test(`a rule about ${String(method)} is about ${yes.join(', ')} and not about ${no.join(', ') || 'nothing else'}`, async () => {
    const { rules } = rulesOf({ ...(method === undefined ? {} : { method }), action: { kind: 'omit' } })
    for (const name of yes) assert.equal((await rules.decide(call(name))).length, 1, name)
    for (const name of no) assert.equal((await rules.decide(call(name))).length, 0, name)
  })
}

test('the first rule that decides wins, and delays before it add up', async () => {
  const { rules } = rulesOf(
    { action: { kind: 'delay', ms: 1 } },
    { action: () => undefined },
    { action: { kind: 'delay', ms: 2 } },
    { action: { kind: 'drop-reply' } },
    { action: { kind: 'silence' } },
  )
  const kinds = (await rules.decide(call('a'))).map(action => action.kind)
  assert.deepEqual(kinds, ['delay', 'delay', 'drop-reply'])
})

test('a rule with a number of times is gone after them, and tells how often it applied', async () => {
  const { rules, active } = rulesOf({ times: 2, action: { kind: 'omit' } })
  const found = []
  for (let n = 0; n < 4; n++) found.push((await rules.decide(call('a'))).length)
  assert.deepEqual(found, [1, 1, 0, 0])
  assert.equal(active[0]?.hits, 2)
})

test('a chance applies to about its share of the calls, the same ones for the same seed', async () => {
  const run = async () => {
    const { rules } = rulesOf({ chance: 0.25, action: { kind: 'omit' } })
    const hits: number[] = []
    for (let n = 0; n < 400; n++) hits.push((await rules.decide(call('a'))).length)
    return hits
  }
  const [first, second] = [await run(), await run()]
  assert.deepEqual(first, second)
  const share = first.reduce((sum, hit) => sum + hit, 0)
  assert.ok(share > 60 && share < 140, `${share} of 400`)
})

test('a removed rule and cleared rules apply no more', async () => {
  const { rules, active } = rulesOf({ action: { kind: 'omit' } }, { action: { kind: 'silence' } })
  active[0]?.remove()
  assert.equal((await rules.decide(call('a')))[0]?.kind, 'silence')
  rules.clear()
  assert.deepEqual(await rules.decide(call('a')), [])
})
