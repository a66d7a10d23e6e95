import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEAD_LETTERS, type DeadLetter, publishDeadLetter } from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { freshOperation, ids, topologyFor } from './topologies.ts'

everyServer('dead letters', bench => {
  const operation = freshOperation('buried')

  function letter(key: string, seq: number, firstStoredAt: number): DeadLetter {
    const source = {
      stream: 'A_STREAM',
      seq,
      subject: `kms.request.${operation.name}.${key}`,
      attempts: 1,
      firstStoredAt,
    }
    const about = { stage: 'kms-worker', operation: operation.name, key, source }
    return { ...about, code: 'CORE_REFUSED', detail: 'x', at: 1, headers: {}, body: new Uint8Array(), history: [] }
  }

  test('a message has one letter; another message under its number, of a stream that began anew, has one as well', async () => {
    const broker = await bench().connectTo(topologyFor(operation))
    const [first = '', second = ''] = ids(2)
    assert.equal(await publishDeadLetter(broker, letter(first, 7, 1_000)), 'stored')
    assert.equal(await publishDeadLetter(broker, letter(first, 7, 1_000)), 'duplicate')
    assert.equal(await publishDeadLetter(broker, letter(second, 7, 2_000)), 'stored')
    assert.equal((await broker.manager.streams.info(DEAD_LETTERS)).state.messages, 2)
  })
})
