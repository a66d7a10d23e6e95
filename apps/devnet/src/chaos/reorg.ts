import { numberToHex } from 'viem'
import { chainCall, type Miner } from './miner.ts'
import type { ChaosAct } from './schedule.ts'

export interface Reorg extends Omit<Extract<ChaosAct, { kind: 'reorg' }>, 'kind'> {
  readonly rpcUrl: string
  /** Whose transactions are lost, in lower case. */
  readonly wallet: string
}

/** Blocks without the requests that are to come back. */
const LATER_BLOCKS = 2

interface MinedBlock {
  readonly transactions: readonly { readonly hash: string; readonly from: string }[]
}

/**
 * Replaces the last blocks of the Gateway. Ids of requests are plain counters, so a request that vanished would come back
 * with another payload under the same id: what listeners read at `latest` would be wrong, and no connector could mend it.
 * Operators who expect that choose confirmations. Here requests are mined again in their order, in other blocks than before,
 * while transactions of the wallet may vanish from chain and pool, as nothing but the sender brings them back. Nobody may place
 * requests meanwhile: what waits in the pool of a development chain does not survive the ground under it.
 * @returns how many transactions of the wallet are lost
 */
export async function reorganise(miner: Miner, { rpcUrl, wallet, depth, into, answers }: Reorg): Promise<number> {
  const call = (method: string, ...params: unknown[]) => chainCall(rpcUrl, method, params)
  return miner.alone(async () => {
    const head = Number(await call('eth_blockNumber'))
    const kept: unknown[] = []
    let lost = 0
    for (let number = head - depth + 1; number <= head; number++) {
      const block = (await call('eth_getBlockByNumber', numberToHex(number), true)) as MinedBlock // CAST: mined
      for (const { hash, from } of block.transactions) {
        if (answers === 'lost' && from.toLowerCase() === wallet) lost++
        else kept.push(await call('eth_getRawTransactionByHash', hash))
      }
    }
    // What waits behind a nonce that is lost could not be mined either, and what is sent meanwhile likewise.
    await call('anvil_removePoolTransactions', wallet)
    const place = into === 'first' ? 0 : depth - 1
    await call('anvil_reorg', depth, into === 'later' ? [] : kept.map(raw => [raw, place]))
    await call('anvil_removePoolTransactions', wallet)
    if (into === 'later') {
      for (let block = 0; block < LATER_BLOCKS; block++) await call('evm_mine')
      for (const raw of kept) await call('eth_sendRawTransaction', raw).catch(expectThere)
    }
    return lost
  })
}

/** The sender is alive, and may have been quicker with a transaction of its own. */
function expectThere(fault: unknown): void {
  if (!/already imported/.test(String(fault))) throw fault
}
