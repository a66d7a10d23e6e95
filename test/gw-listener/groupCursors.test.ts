import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { ConnectorError, OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import { advanceCursor, CURSOR_BUCKET, KeyValue, type StreamIdentity } from '@kms-connector/streams'
import { GroupCursors } from '../../apps/gw-listener/src/groupCursors.ts'
import { everyServer } from '../streams/everyServer.ts'
import { freshOperation, topologyFor } from '../streams/topologies.ts'

const OPERATIONS = new OperationTable(OPERATIONS_V0_11).ofGroup('decryption')
const HASH = `0x${'7'.repeat(64)}` as const
const { signal } = new AbortController()

// What the streams seem to hold is said by the test: which stream loses what, and when one of them gives no answer.
everyServer('cursors of a group', bench => {
  const open = async (overlapBlocks: number) => {
    const bucket = new KeyValue(await bench().connectTo(topologyFor(freshOperation('cursors'))), CURSOR_BUCKET)
    const ends = new Map(OPERATIONS.map(({ name }) => [name, 10]))
    const silent = new Set<string>()
    const chainId = randomInt(1, 2 ** 40)
    const cursors = new GroupCursors({
      bucket,
      chainId,
      operations: OPERATIONS,
      startBlock: 100,
      overlapBlocks,
      identityOf: async ({ name }): Promise<StreamIdentity> => {
        if (silent.has(name)) throw new ConnectorError('BROKER_UNAVAILABLE', name)
        const lastSeq = ends.get(name) ?? 0
        return { stream: name, created: 'monday', firstSeq: 1, lastSeq, messages: lastSeq, bytes: 0 }
      },
    })
    await cursors.load(200, signal)
    assert.equal(await cursors.advance({ from: 100, to: 120 }, HASH, signal), 120)
    return { bucket, chainId, cursors, ends, silent }
  }
  const [first, second] = OPERATIONS.map(({ name }) => name)
  assert.ok(first && second)
  const publish = (cursors: GroupCursors, seq: number) => {
    const operation = OPERATIONS[0]
    assert.ok(operation)
    cursors.watchPlace(operation)(seq)
  }

  test('what was published behind the cursor and is gone: reading goes on before it, by the overlap', async () => {
    for (const [overlap, block] of [
      [0, 120],
      [5, 115],
      [500, 99],
    ] as const) {
      const { cursors, ends } = await open(overlap)
      ends.set(first, 11)
      publish(cursors, 11)
      assert.equal(await cursors.lossBehind(signal), undefined)
      ends.set(first, 10)
      assert.equal(await cursors.lossBehind(signal), block)
      assert.equal(await cursors.lossBehind(signal), undefined, 'it is known now')
    }
  })

  test('a loss that is noticed after a range makes the range be read again', async () => {
    const { cursors, ends } = await open(0)
    ends.set(first, 11)
    publish(cursors, 11)
    ends.set(first, 10)
    assert.equal(await cursors.advance({ from: 121, to: 130 }, HASH, signal), 120)
    assert.equal(await cursors.advance({ from: 121, to: 130 }, HASH, signal), 130)
  })

  test('a loss that was noticed while the broker was silent about another stream is not forgotten', async () => {
    const { cursors, silent } = await open(0)
    publish(cursors, 11)
    silent.add(second)
    for (const _ of [1, 2]) await assert.rejects(cursors.lossBehind(signal), { code: 'BROKER_UNAVAILABLE' })
    silent.clear()
    assert.equal(await cursors.lossBehind(signal), 120)
  })

  test('a loss before the cursor is fatal, also once the stream is as long as before', async () => {
    const { bucket, chainId, cursors, ends } = await open(0)
    publish(cursors, 10)
    ends.set(first, 12)
    const lost = { code: 'CURSOR_INVALID', message: /ends at 9, and had 10 messages before/ }
    await assert.rejects(cursors.lossBehind(signal), lost)
    const { revision } = (await bucket.get(`${chainId}.${first}`)) ?? { revision: 0 }
    const other = new GroupCursors({
      bucket,
      chainId,
      operations: OPERATIONS,
      startBlock: undefined,
      overlapBlocks: 0,
      identityOf: async ({ name: stream }) => ({
        stream,
        created: 'monday',
        firstSeq: 1,
        lastSeq: 12,
        messages: 12,
        bytes: 0,
      }),
    })
    await assert.rejects(other.load(200, signal), { code: 'CURSOR_INVALID', message: /lost requests that it had/ })
    await advanceCursor(bucket, `${chainId}.${first}`, { block: 120, revision }, { block: 121 })
    assert.ok(await other.load(200, signal), 'a cursor that was put by hand counts again')
  })
})
