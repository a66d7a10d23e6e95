import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FinalHead, Rpc } from '@kms-connector/gateway'
import { startAnvil } from '../../apps/devnet/src/chain/index.ts'

/** A chain whose blocks are a minute apart, mined on demand; one slot an epoch, so that the tags move at once. */
async function chainOf(blocks: number) {
  const anvil = await startAnvil({ chainId: 54321, slotsInAnEpoch: 1 })
  const rpc = new Rpc({ url: anvil.rpcUrl, timeoutMs: 10_000 })
  const mine = async (count: number) => {
    await rpc.call('anvil_mine', [`0x${count.toString(16)}`, '0x3c'])
  }
  await mine(blocks)
  return { rpc, mine, stop: () => anvil.stop() }
}

test('every finality setting follows a chain whose tags move', async () => {
  const chain = await chainOf(100)
  try {
    const heads = {
      latest: new FinalHead({ kind: 'tag', tag: 'latest' }),
      safe: new FinalHead({ kind: 'tag', tag: 'safe' }),
      finalized: new FinalHead({ kind: 'tag', tag: 'finalized' }),
      ten: new FinalHead({ kind: 'confirmations', blocks: 10 }),
      hour: new FinalHead({ kind: 'delay', ms: 3_600_000 }),
    }
    for (const mined of [100, 101, 140]) {
      const head = await heads.latest.read(chain.rpc)
      assert.equal(head, mined)
      const [safe, finalized] = [await heads.safe.read(chain.rpc), await heads.finalized.read(chain.rpc)]
      assert.ok(finalized < safe || finalized === safe, `finalized ${finalized} is not above safe ${safe}`)
      assert.ok(safe < head, `safe ${safe} is below the head ${head}`)
      assert.equal(await heads.ten.read(chain.rpc), head - 9)
      assert.equal(await heads.hour.read(chain.rpc), head - 60)
      await chain.mine(mined === 100 ? 1 : 39)
    }
  } finally {
    await chain.stop()
  }
})

test('on a young chain nothing is old enough yet', async () => {
  const chain = await chainOf(3)
  try {
    assert.equal(await new FinalHead({ kind: 'confirmations', blocks: 50 }).read(chain.rpc), -1)
    assert.equal(await new FinalHead({ kind: 'delay', ms: 7 * 86_400_000 }).read(chain.rpc), -1)
  } finally {
    await chain.stop()
  }
})
