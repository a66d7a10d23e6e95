import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RpcPool } from '@kms-connector/gateway'
import { startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { Balance } from '../../apps/tx-sender/src/balance.ts'
import { FeeQuote } from '../../apps/tx-sender/src/fees.ts'
import { addressOf, GATEWAY_CHAIN } from '../contracts/testGateway.ts'
import { WALLET_KEY } from './senderBench.ts'

const NOW = 1_000_000
const HOUR_MS = 3_600_000

let anvil: Awaited<ReturnType<typeof startAnvil>>
let pool: RpcPool
before(async () => {
  anvil = await startAnvil({ chainId: GATEWAY_CHAIN })
  pool = new RpcPool({ urls: [anvil.rpcUrl], chainId: GATEWAY_CHAIN, timeoutMs: 5_000, limits: { maxLag: 100 } })
  await pool.probe()
})
after(() => anvil?.stop())

test('a balance that was read before the clock was set back is read again', async () => {
  const wallet = addressOf(WALLET_KEY)
  const balance = new Balance(wallet)
  await pool.pin().call('anvil_setBalance', [wallet, '0x5'])
  assert.equal(await balance.current(pool.pin(), NOW, 500), 5n)
  await pool.pin().call('anvil_setBalance', [wallet, '0x1'])
  assert.equal(await balance.current(pool.pin(), NOW + 499, 500), 5n)
  assert.equal(await balance.current(pool.pin(), NOW - HOUR_MS, 500), 1n)
})

test('fees that were quoted before the clock was set back are quoted again', async () => {
  const fees = new FeeQuote(pool, { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 0n, quoteForMs: 2_000 })
  const mineAt = async (baseFee: number) => {
    await pool.pin().call('anvil_setNextBlockBaseFeePerGas', [baseFee])
    await pool.pin().call('anvil_mine', [1])
  }
  await mineAt(7_000)
  assert.equal((await fees.current(NOW)).baseFee, 7_000n)
  await mineAt(9_000)
  assert.equal((await fees.current(NOW + 1_999)).baseFee, 7_000n)
  assert.equal((await fees.current(NOW - HOUR_MS)).baseFee, 9_000n)
})
