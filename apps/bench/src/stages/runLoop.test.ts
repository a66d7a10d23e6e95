import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLoop } from './runLoop.ts'
import type { Side } from './stage.ts'

const side = (lanes: number, step: () => Promise<number>): Side => ({ lanes, step })
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('all lanes work, and what they do is counted', async () => {
  let most = 0
  let now = 0
  let done = 0
  const step = async () => {
    most = Math.max(most, ++now)
    await turn()
    now--
    done += 3
    return 3
  }
  const { operations, perSecond, perCpuSecond } = await runLoop(side(4, step), 0.01, 0.05)
  assert.equal(most, 4)
  assert.ok(operations > 0 && operations <= done && operations % 3 === 0)
  assert.ok(perSecond > 0 && perCpuSecond > 0)
})

test('work that is used up ends the measurement, and nothing at all is a fault', async () => {
  let left = 1_000
  const used = side(2, async () => {
    await turn()
    return left-- > 0 ? 1 : 0
  })
  const { operations } = await runLoop(used, 0, 60)
  assert.equal(operations, 1_000)
  await assert.rejects(
    runLoop(
      side(1, () => Promise.resolve(0)),
      0,
      1,
    ),
    RangeError,
  )
})
