import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAnvil } from '../../apps/devnet/src/chain/index.ts'

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('chains started at the same time get ports of their own and stop alone', async () => {
  const [a, b] = await Promise.all([
    startAnvil({ chainId: 101, blockTimeSeconds: 0.5 }),
    startAnvil({ chainId: 102, gasLimit: 100_000_000n }),
  ])
  try {
    assert.notEqual(a.rpcUrl, b.rpcUrl)
    await a.stop()
    assert.equal(isAlive(a.pid), false)
    assert.equal(isAlive(b.pid), true)
    await a.stop()
  } finally {
    await Promise.all([a.stop(), b.stop()])
  }
  assert.equal(isAlive(b.pid), false)
  await b.exited
})

test('a taken port is a fault in the words of the process', async () => {
  const first = await startAnvil({ chainId: 103 })
  try {
    const port = Number(new URL(first.rpcUrl).port)
    const clash = startAnvil({ chainId: 104, port })
    await assert.rejects(clash, { code: 'DEVNET_PROCESS_FAILED', message: /address already in use/i })
  } finally {
    await first.stop()
  }
})

test('a start that takes too long ends the process', async () => {
  await assert.rejects(startAnvil({ chainId: 105, startTimeoutMs: 1 }), { code: 'DEVNET_PROCESS_FAILED' })
})
