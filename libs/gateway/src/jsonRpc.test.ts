import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answersOf, bodyOf, type CallAnswer, callText } from './jsonRpc.ts'

const result = (value: unknown): CallAnswer => ({ kind: 'result', result: value })
const error = (code: number, text: string, data?: string): CallAnswer => ({
  kind: 'error',
  error: { code, text, data },
})
const missing: CallAnswer = { kind: 'missing' }
const selector = `0x99ec48d9${'00'.repeat(31)}01`

test('one call is an object, several are an array', () => {
  const call = callText(7, 'eth_call', [{ to: '0x01' }, 'latest'])
  assert.deepEqual(JSON.parse(bodyOf([call])), {
    jsonrpc: '2.0',
    id: 7,
    method: 'eth_call',
    params: [{ to: '0x01' }, 'latest'],
  })
  assert.equal(JSON.parse(bodyOf([call, call])).length, 2)
})

const answers: readonly (readonly [string, unknown, readonly CallAnswer[]])[] = [
  [
    'a batch in order',
    [
      { id: 1, result: 'a' },
      { id: 2, result: 'b' },
    ],
    [result('a'), result('b')],
  ],
  [
    'a batch in another order',
    [
      { id: 2, result: 'b' },
      { id: 1, result: 'a' },
    ],
    [result('a'), result('b')],
  ],
  [
    'a batch with ids as text',
    [
      { id: '2', result: 'b' },
      { id: '1', result: null },
    ],
    [result(null), result('b')],
  ],
  ['a batch that leaves out the first call', [{ id: 2, result: 'b' }], [missing, result('b')]],
  [
    'a batch with answers to nobody',
    [
      { id: 9, result: 'x' },
      { id: 1, result: 'a' },
    ],
    [result('a'), missing],
  ],
  [
    'a batch with one refusal',
    [
      { id: 1, error: { code: 3, message: 'execution reverted', data: selector } },
      { id: 2, result: false },
    ],
    [error(3, 'execution reverted', selector), result(false)],
  ],
  [
    'one refusal for the whole batch',
    { id: null, error: { code: -32600, message: 'batch too large' } },
    [error(-32600, 'batch too large'), error(-32600, 'batch too large')],
  ],
  [
    'a refusal without id inside the array speaks for the calls without an answer',
    [{ error: { code: -32005, message: 'slow down' } }, { id: 2, result: 'b' }],
    [error(-32005, 'slow down'), result('b')],
  ],
  [
    'a null error beside a result',
    [
      { id: 1, result: 'a', error: null },
      { id: 2, result: 0 },
    ],
    [result('a'), result(0)],
  ],
  ['an item with neither', [{ id: 1 }, { id: 2, result: 'b' }], [missing, result('b')]],
  ['entries that are no objects', [7, null, 'x', { id: 2, result: 'b' }], [missing, result('b')]],
]

for (const [label, json, expected] of answers) {
  test(`answers of a batch: ${label}`, () => assert.deepEqual(answersOf(JSON.stringify(json), [1, 2]), expected))
}

for (const text of ['', '<html>503</html>', 'null', '[]', '{}', '7', '{"message":"no"}', '{"id":1}', '[[]]']) {
  test(`no JSON-RPC at all: ${text}`, () => assert.equal(answersOf(text, [1]), undefined))
}

const errors: readonly (readonly [string, unknown, CallAnswer])[] = [
  [
    'data as a string',
    { code: 3, message: 'm', data: selector.toUpperCase().replace('0X', '0x') },
    error(3, 'm', selector),
  ],
  ['data behind a word', { code: -32015, message: 'm', data: `Reverted ${selector}` }, error(-32015, 'm', selector)],
  ['data in an object', { code: 3, message: 'm', data: { message: 'x', data: selector } }, error(3, 'm', selector)],
  ['data in an object twice', { code: 3, message: 'm', data: { data: { data: selector } } }, error(3, 'm', selector)],
  ['data too deep', { code: 3, message: 'm', data: { data: { data: { data: { data: selector } } } } }, error(3, 'm')],
  ['data that is text', { code: 3, message: 'm', data: 'execution reverted' }, error(3, 'm')],
  ['data that is a number', { code: 3, message: 'm', data: 7 }, error(3, 'm')],
  ['a code that is text', { code: '-32000', message: 'm' }, error(0, 'm')],
  ['no message', { code: 1 }, error(1, '')],
  ['an error that is text', 'rate limited', error(0, 'rate limited')],
]

for (const [label, given, expected] of errors) {
  test(`an error of a node: ${label}`, () => {
    assert.deepEqual(answersOf(JSON.stringify({ id: 1, error: given }), [1]), [expected])
  })
}

test('an id that is neither text nor number belongs to no call, also one that cannot become text', () => {
  for (const id of [{ toString: '' }, [], true])
    assert.equal(answersOf(JSON.stringify([{ id, error: {} }]), [1]), undefined)
  assert.deepEqual(answersOf(JSON.stringify([{ id: 1, error: [{ toString: '' }] }]), [1]), [error(0, '')])
})

test('whatever an endpoint sends, every call gets one answer or none does', () => {
  const item = fc.record({ id: fc.jsonValue(), result: fc.jsonValue(), error: fc.jsonValue() }, { requiredKeys: [] })
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(item).map(items => JSON.stringify(items)),
  )
  fc.assert(
    fc.property(body, fc.uniqueArray(fc.nat(5)), (text, ids) => {
      const found = answersOf(text, ids)
      assert.ok(found === undefined || found.length === ids.length)
    }),
  )
})

test('an answer never reaches another call, whatever the order and whoever is left out', () => {
  const shuffled = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 1 })
  fc.assert(
    fc.property(shuffled, ids => {
      const text = JSON.stringify(ids.map(id => ({ jsonrpc: '2.0', id, result: `for ${id}` })))
      const expected = [1, 2, 3, 4, 5, 6, 7, 8].map(id => (ids.includes(id) ? result(`for ${id}`) : missing))
      assert.deepEqual(answersOf(text, [1, 2, 3, 4, 5, 6, 7, 8]), expected)
    }),
  )
})
