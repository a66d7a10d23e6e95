import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  advanceCursor,
  CURSOR_BUCKET,
  KeyValue,
  readCursor,
  resetCursor,
  SENDER_BUCKET,
  TX_SLOTS_BUCKET,
} from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { freshOperation, topologyFor } from './topologies.ts'

const bytes = (text: string) => Buffer.from(text)
const hash = (digit: string): `0x${string}` => `0x${digit.repeat(64)}`

everyServer('key-value', bench => {
  const bucket = async (name: string) =>
    new KeyValue(await bench().connectTo(topologyFor(freshOperation('bucket'))), name)

  test('create, update and delete follow revisions', async () => {
    const kv = await bucket(SENDER_BUCKET)
    const created = await kv.create('lease.a', bytes('one'))
    assert.equal(created.kind, 'written')
    const exists = await kv.create('lease.a', bytes('two'))
    assert.ok(exists.kind === 'exists' && Buffer.from(exists.entry.value).toString() === 'one')
    const revision = exists.entry.revision
    const updated = await kv.update('lease.a', bytes('two'), revision)
    assert.ok(updated.kind === 'written' && updated.revision > revision)
    const late = await kv.update('lease.a', bytes('three'), revision)
    assert.ok(late.kind === 'conflict' && late.entry?.revision === updated.revision)
    assert.equal((await kv.delete('lease.a', updated.revision)).kind, 'written')
    assert.equal(await kv.get('lease.a'), undefined)
    assert.equal((await kv.create('lease.a', bytes('four'))).kind, 'written')
  })

  test('one of many concurrent creators wins', async () => {
    const kvs = await Promise.all([1, 2, 3].map(() => bucket(TX_SLOTS_BUCKET)))
    const results = await Promise.all(kvs.flatMap(kv => [1, 2, 3].map(n => kv.create('race.1', bytes(`${n}`)))))
    assert.equal(results.filter(r => r.kind === 'written').length, 1)
  })

  test('an unanswered write is repeated and recognised as our own', async () => {
    const kv = await bucket(SENDER_BUCKET)
    const first = await kv.create('crash', bytes('0'))
    assert.ok(first.kind === 'written')
    const { server } = bench()
    const writing = kv.update('crash', bytes('1'), first.revision)
    await server.kill()
    await server.restart()
    assert.equal((await writing).kind, 'written')
    assert.equal(Buffer.from((await kv.get('crash'))?.value ?? []).toString(), '1')
  })

  test('lists the keys under a prefix, and purges what lies below a revision', async () => {
    const kv = await bucket(TX_SLOTS_BUCKET)
    const revisions: number[] = []
    for (const n of [1, 2, 3]) {
      const result = await kv.create(`slot.${n}`, bytes(`${n}`))
      if (result.kind === 'written') revisions.push(result.revision)
    }
    assert.deepEqual((await kv.keys('slot')).toSorted(), ['slot.1', 'slot.2', 'slot.3'])
    const entries = await kv.entries('slot')
    assert.deepEqual(entries.map(e => e.key).toSorted(), ['slot.1', 'slot.2', 'slot.3'])
    await kv.purge('slot', revisions[2])
    assert.deepEqual(await kv.keys('slot'), ['slot.3'])
    await kv.purge('slot.3')
    assert.deepEqual(await kv.entries('slot'), [])
  })

  test('keys that are none and values that are too large are refused', async () => {
    const kv = await bucket(SENDER_BUCKET)
    for (const key of ['', 'a b', 'a.>', '*', '.a', 'a.', 'a..b']) {
      await assert.rejects(kv.get(key), { code: 'INTERNAL' }, key)
    }
    await assert.rejects(kv.create('large', Buffer.alloc(1_020_000)), { code: 'MESSAGE_TOO_LARGE' })
  })

  test('two writers move a cursor forward; the slower one learns the position and nobody goes back', async () => {
    const [a, b] = [await bucket(CURSOR_BUCKET), await bucket(CURSOR_BUCKET)]
    const key = 'two-writers'
    assert.equal(await readCursor(a, key), undefined)
    const first = await advanceCursor(a, key, undefined, { block: 10, blockHash: hash('a') })
    assert.equal(first.kind, 'advanced')
    const late = await advanceCursor(b, key, undefined, { block: 7 })
    assert.ok(late.kind === 'moved' && late.cursor.block === 10 && late.cursor.blockHash === hash('a'))
    const next = await advanceCursor(b, key, late.cursor, { block: 20 })
    assert.equal(next.kind, 'advanced')
    const stale = await advanceCursor(a, key, first.cursor, { block: 15 })
    assert.ok(stale.kind === 'moved' && stale.cursor.block === 20)
    await assert.rejects(advanceCursor(a, key, next.cursor, { block: 19 }), { code: 'INTERNAL' })
    assert.equal((await resetCursor(a, key, { block: 3 })).block, 3)
    assert.equal((await readCursor(b, key))?.block, 3)
  })

  test('a cursor somebody else wrote is refused, not guessed', async () => {
    const kv = await bucket(CURSOR_BUCKET)
    await kv.create('foreign', bytes('{"v":1,"block":-1,"at":0}'))
    await assert.rejects(readCursor(kv, 'foreign'), { code: 'MESSAGE_MALFORMED' })
  })
})
