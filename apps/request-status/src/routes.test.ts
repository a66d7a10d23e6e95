import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { type Question, routeOf } from './routes.ts'

const ID = `01${'0'.repeat(60)}2a`
const ask = (url: string, more: Partial<Question> = {}) =>
  routeOf(OPERATIONS_V0_11, { method: 'GET', url, hasBody: false, ...more })

const answered = [
  [`/requests/${ID}`, 'one'],
  [`/requests/0x${ID}`, 'one'],
  [`/requests/${BigInt(`0x${ID}`)}`, 'one'],
  ['/requests/1', 'one'],
  [`/requests/${ID}?x=1`, 'one'],
  [`/requests/${ID}/events`, 'events'],
  ['/requests?operation=keygen', 'list'],
  ['/requests/?operation=keygen&state=dead&limit=50', 'list'],
  ['/openapi.json', 'openapi'],
] as const
for (const [url, kind] of answered) test(`${kind}: ${url}`, () => assert.equal(ask(url).kind, kind))

const refusals = [
  ['/', 404],
  ['/requests/1/events/more', 404],
  ['/requests/1/answer', 404],
  ['/openapi.json/x', 404],
  ['//', 404],
  ['http://[', 404],
  [`/requests/${ID}0`, 400],
  ['/requests/%2e%2e', 404],
  ['/requests/kms.>', 400],
  ['/requests//events', 400],
  [`/requests/07${ID.slice(2)}`, 404],
  [`/requests/${'1'.repeat(2_000)}`, 414],
  ['/requests', 400],
  ['/requests?operation=nothing', 400],
  ['/requests?operation=keygen&state=gone', 400],
  ['/requests?operation=keygen&limit=0', 400],
  ['/requests?operation=keygen&limit=51', 400],
  ['/requests?operation=keygen&limit=1e1', 400],
  ['/requests?operation=keygen&offset=1', 400],
] as const
for (const [url, status] of refusals) {
  test(`${status}: ${url.slice(0, 60)}`, () => {
    const route = ask(url)
    assert.equal(route.kind === 'refused' && route.answer.status, status)
  })
}

test('only GET without a body', () => {
  for (const method of ['HEAD', 'POST', 'DELETE', 'OPTIONS', undefined]) {
    const route = ask('/requests/1', { method })
    assert.equal(route.kind === 'refused' && route.answer.status, 405)
  }
  const route = ask('/requests/1', { hasBody: true })
  assert.equal(route.kind === 'refused' && route.answer.status, 413)
})

test('a list has defaults', () => {
  const route = ask('/requests?operation=crsgen')
  assert.ok(route.kind === 'list')
  assert.deepEqual([route.query.operation.name, route.query.state, route.query.limit], ['crsgen', undefined, 20])
})
