import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossesOf } from './losses.ts'
import { OUTCOMES, RESPONSES, SENDER_LEASE_BUCKET } from './names.ts'
import { bucketStream } from './observe.ts'
import { DEFAULT_TOPOLOGY, topologyOf } from './topology.ts'

const { streams } = topologyOf([], DEFAULT_TOPOLOGY)
const planOf = (name: string) => streams.find(plan => plan.name === name) ?? assert.fail(name)
const DAY = 86_400e9
const LEASE = bucketStream(SENDER_LEASE_BUCKET)
const NO_LIMIT = Number.POSITIVE_INFINITY

const CASES: readonly (readonly [
  what: string,
  stream: string,
  drift: readonly [field: string, found: string, expected: string],
  loss: readonly [present: number, wanted: number] | undefined,
])[] = [
  ['a longer age', RESPONSES, ['max_age', `${DAY}`, `${2 * DAY}`], undefined],
  ['a shorter age', RESPONSES, ['max_age', `${4 * DAY}`, `${2 * DAY}`], [4 * DAY, 2 * DAY]],
  ['a shorter age of the lease', LEASE, ['max_age', `${4 * DAY}`, `${2 * DAY}`], undefined],
  ['an age where there was none', RESPONSES, ['max_age', 'unset', `${DAY}`], [NO_LIMIT, DAY]],
  ['no age any more', RESPONSES, ['max_age', `${DAY}`, 'unset'], undefined],
  ['fewer bytes of what refuses when it is full', RESPONSES, ['max_bytes', '2048', '1024'], undefined],
  ['fewer bytes of what discards the old', OUTCOMES, ['max_bytes', '2048', '1024'], [2048, 1024]],
  ['bytes where there was no limit', OUTCOMES, ['max_bytes', '-1', '1024'], [NO_LIMIT, 1024]],
  ['more bytes of what discards the old', OUTCOMES, ['max_bytes', '1024', '2048'], undefined],
  ['fewer messages of what discards the old', OUTCOMES, ['max_msgs', '-1', '10'], [NO_LIMIT, 10]],
  ['fewer copies', RESPONSES, ['num_replicas', '3', '1'], [3, 1]],
  ['more copies', RESPONSES, ['num_replicas', '1', '3'], undefined],
  ['something that removes nothing', OUTCOMES, ['max_msg_size', '3', '1'], undefined],
]
for (const [what, stream, [field, found, expected], loss] of CASES) {
  test(`${what}: ${loss ? 'costs messages, or copies of them' : 'costs nothing'}`, () => {
    const losses = lossesOf(planOf(stream), [{ name: stream, field, found, expected, immutable: false }])
    assert.deepEqual(losses, loss ? [{ stream, field, present: loss[0], wanted: loss[1] }] : [])
  })
}

test('a stream that cannot be corrected in place is left alone, so it loses nothing', () => {
  const about = { name: RESPONSES, found: '2', expected: '1' }
  const drift = [
    { ...about, field: 'max_age', immutable: false },
    { ...about, field: 'storage', immutable: true },
  ]
  assert.deepEqual(lossesOf(planOf(RESPONSES), drift), [])
})
