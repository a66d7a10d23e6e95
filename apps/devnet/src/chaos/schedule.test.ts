import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf } from './faultCatalogue.ts'
import { CONFIRMATIONS, DEEPEST_REORG, describe, scheduleOf, VICTIMS } from './schedule.ts'

const SCOPE = { requests: 500, kills: 25 }

test('a seed gives the same schedule again, and another seed another one', () => {
  assert.deepEqual(scheduleOf(5, SCOPE), scheduleOf(5, SCOPE))
  assert.notDeepEqual(scheduleOf(5, SCOPE).events, scheduleOf(6, SCOPE).events)
})

test('a schedule has as many requests and kills as asked for, and every process dies', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { events } = scheduleOf(seed, SCOPE)
    const kills = events.filter(event => event.kind === 'kill' && event.signal === 'SIGKILL')
    const placed = events.reduce((sum, event) => sum + (event.kind === 'place' ? event.count : 0), 0)
    assert.equal(kills.length, 25)
    assert.equal(placed, 500)
    assert.deepEqual(new Set(kills.map(event => event.kind === 'kill' && event.victim)), new Set(VICTIMS))
  }
})

test('events are in order, and faults fit their links', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { events, endsAt } = scheduleOf(seed, SCOPE)
    for (const [n, event] of events.entries()) {
      assert.ok(event.at >= (events[n - 1]?.at ?? 0) && event.at <= endsAt)
      if (event.kind === 'fault') assert.ok(faultsOf(event.link).includes(event.fault))
    }
  }
})

test('a reorganisation never reaches what counts as settled', () => {
  assert.ok(DEEPEST_REORG < CONFIRMATIONS)
})

test('a few requests are possible', () => {
  const { events } = scheduleOf(1, { requests: 1, kills: 0 })
  assert.equal(events.length, 1)
  assert.match(events.map(describe).join(), /1 requests/)
})
