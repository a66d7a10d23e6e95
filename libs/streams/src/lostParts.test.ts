import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lostParts, missingFault, type Survey } from './lostParts.ts'
import { type Damage, repairPlan } from './repairPlan.ts'
import { DEFAULT_TOPOLOGY, topologyOf } from './topology.ts'

const TOPOLOGY = topologyOf(
  [
    { name: 'public-decryption', group: 'decryption' },
    { name: 'keygen', group: 'key-management' },
  ],
  DEFAULT_TOPOLOGY,
)
const STREAMS = TOPOLOGY.streams.map(({ name }) => name)
const CONSUMERS = TOPOLOGY.consumers.map(({ stream, config }) => `${stream}/${config.durable_name}`)
const WHOLE: Survey = {
  lastSeqs: new Map(STREAMS.map(name => [name, 5])),
  consumers: new Set(CONSUMERS),
  cursorsOf: new Set(['public-decryption', 'keygen']),
}
const without = (name: string, survey = WHOLE): Survey => ({
  ...survey,
  lastSeqs: new Map([...survey.lastSeqs].filter(([stream]) => stream !== name)),
  consumers: new Set([...survey.consumers].filter(consumer => consumer !== name && !consumer.startsWith(`${name}/`))),
  cursorsOf: name === 'KV_last_block_polled' ? undefined : survey.cursorsOf,
})

test('what is missing beside streams in use was lost; on a new broker nothing was', () => {
  const unused = { ...WHOLE, lastSeqs: new Map(STREAMS.map(name => [name, 0])) }
  const cases: [string, Survey, readonly string[]][] = [
    ['a whole broker', WHOLE, []],
    ['a broker that was never used', { lastSeqs: new Map(), consumers: new Set(), cursorsOf: undefined }, []],
    ['a broker that is being provisioned', without('RESPONSES', without('KEYGEN', unused)), []],
    ['an operation that came with an upgrade', { ...without('KEYGEN'), cursorsOf: new Set(['public-decryption']) }, []],
    ['consumers of a stream that never held a message', { ...unused, consumers: new Set() }, []],
    ...[...STREAMS, ...CONSUMERS].map((name): [string, Survey, string[]] => [`without ${name}`, without(name), [name]]),
    ['requests and cursors', without('KEYGEN', without('KV_last_block_polled')), ['KEYGEN', 'KV_last_block_polled']],
  ]
  for (const [what, survey, lost] of cases) assert.deepEqual(lostParts(TOPOLOGY, survey), lost, what)
})

test('the fault names buckets as buckets, and says what went with the cursors', () => {
  const { code, message } = missingFault(['RESPONSES', 'KV_last_block_polled'])
  assert.equal(code, 'STREAM_MISSING')
  assert.match(message, /RESPONSES, bucket last_block_polled \(with it, how far the chain was read\)/)
})

test('what was lost decides what is read, answered and sent again', () => {
  const none: Damage = { lost: [], cursorsAhead: [], consumersAhead: [], checkpointUnfit: false }
  const nothing = { create: [], reread: [], reanswer: [], forgetCheckpoint: false }
  const cases: [string, Partial<Damage>, Partial<ReturnType<typeof repairPlan>>][] = [
    ['nothing', {}, {}],
    ['requests', { lost: ['KEYGEN'] }, { create: ['KEYGEN'], reread: ['keygen'] }],
    ['requests restored from an older copy', { cursorsAhead: ['keygen'] }, { reread: ['keygen'] }],
    ['cursors', { lost: ['KV_last_block_polled'] }, { reread: ['public-decryption', 'keygen'] }],
    ['answers', { lost: ['RESPONSES'] }, { reanswer: CONSUMERS, forgetCheckpoint: true }],
    ['answers restored from an older copy', { checkpointUnfit: true }, { reanswer: CONSUMERS, forgetCheckpoint: true }],
    [
      'answers and a consumer',
      { lost: ['RESPONSES', CONSUMERS[0] ?? ''] },
      { reanswer: CONSUMERS.slice(1), forgetCheckpoint: true },
    ],
    ['a consumer', { lost: [CONSUMERS[0] ?? ''] }, {}],
    ['messages that a consumer has seen', { consumersAhead: CONSUMERS.slice(1) }, { reanswer: CONSUMERS.slice(1) }],
    ['outcomes, letters, slots', { lost: ['OUTCOMES', 'DEAD_LETTERS', 'KV_tx_slots'] }, {}],
  ]
  for (const [what, damage, plan] of cases) {
    const expected = { ...nothing, create: damage.lost ?? [], ...plan }
    assert.deepEqual(repairPlan(TOPOLOGY, { ...none, ...damage }), expected, what)
  }
})
