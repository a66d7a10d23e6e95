import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { type Anvil, devKey, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { chainCall, Miner } from '../../apps/devnet/src/chaos/miner.ts'
import { type Reorg, reorganise } from '../../apps/devnet/src/chaos/reorg.ts'

const CHAIN_ID = 31_337
const [requester, wallet] = [privateKeyToAccount(devKey(1)), privateKeyToAccount(devKey(2))]
/** Every block holds one transaction of each. */
const DEPTH = 2

let chain: Anvil
let miner: Miner
let nonce = 0

before(async () => {
  chain = await startAnvil({ chainId: CHAIN_ID, blockTimeSeconds: 100_000 })
  // Makes no block of its own while the tests run.
  miner = new Miner(chain.rpcUrl, 1_000_000)
})
after(async () => {
  await miner?.stop()
  await chain?.stop()
})

const call = (method: string, ...params: unknown[]) => chainCall(chain.rpcUrl, method, params)
const count = async (account: string, tag = 'latest') => Number(await call('eth_getTransactionCount', account, tag))

async function send(account: typeof wallet, at: number): Promise<void> {
  const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n }
  const raw = await account.signTransaction({
    to: account.address,
    nonce: at,
    gas: 21_000n,
    chainId: CHAIN_ID,
    ...fees,
  })
  await call('eth_sendRawTransaction', raw)
}

/** Mines blocks with a transaction of each, reorganises, and tells what is left. */
async function afterwards(reorg: Pick<Reorg, 'into' | 'answers'>) {
  const lostBefore = (await count(requester.address)) - (await count(wallet.address))
  for (let n = 0; n < DEPTH + 1; n++) {
    await send(requester, nonce)
    await send(wallet, nonce - lostBefore)
    await call('evm_mine')
    nonce++
  }
  const head = Number(await call('eth_blockNumber'))
  const hashOf = async (block: number) =>
    ((await call('eth_getBlockByNumber', `0x${block.toString(16)}`, false)) as { hash: string }).hash // CAST: mined
  const [kept, replaced] = [await hashOf(head - DEPTH), await hashOf(head)]
  const walletBefore = await count(wallet.address)
  const lost = await reorganise(miner, {
    ...reorg,
    depth: DEPTH,
    rpcUrl: chain.rpcUrl,
    wallet: wallet.address.toLowerCase(),
  })
  await call('evm_mine')
  assert.equal(await hashOf(head - DEPTH), kept)
  assert.notEqual(await hashOf(head), replaced)
  assert.equal(await count(requester.address), nonce, 'every request is on chain again')
  return { lost, walletLost: walletBefore - (await count(wallet.address)) }
}

for (const into of ['first', 'last', 'later'] as const) {
  test(`requests are mined again ${into}, and transactions of the wallet vanish or come along`, async () => {
    assert.deepEqual(await afterwards({ into, answers: 'kept' }), { lost: 0, walletLost: 0 })
    assert.deepEqual(await afterwards({ into, answers: 'lost' }), { lost: DEPTH, walletLost: DEPTH })
  })
}

test('what the wallet sends after it lost transactions is mined once the lost ones are sent again', async () => {
  await afterwards({ into: 'last', answers: 'lost' })
  const next = await count(wallet.address)
  await send(wallet, next + 1)
  await send(wallet, next)
  await call('evm_mine')
  assert.equal(await count(wallet.address), next + 2)
})
