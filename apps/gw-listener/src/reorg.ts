import { fetchHeader, type Rpc, type RpcPool } from '@kms-connector/gateway'
import { ConnectorError, type Hex } from '@kms-connector/protocol'
import type { HeaderWindow } from './headerWindow.ts'

/** A block that has another hash now than when it was read. */
export interface Replacement {
  readonly block: number
  readonly before: Hex
  readonly now: Hex
}

/** Headers asked for at once on the way down. */
const STEP = 16

/**
 * Walks down the remembered blocks to the last one that the chain still has.
 * @returns undefined when it has none of them: the branch began below everything that is remembered
 * @throws the fault of the endpoint
 */
export async function commonAncestor(rpc: Rpc, window: HeaderWindow, below: number): Promise<number | undefined> {
  const blocks = window.downFrom(below)
  for (let at = 0; at < blocks.length; at += STEP) {
    const some = blocks.slice(at, at + STEP)
    const headers = await Promise.all(some.map(block => fetchHeader(rpc, block)))
    const shared = headers.find(header => header !== undefined && window.hashAt(header.number) === header.hash)
    if (shared) return shared.number
  }
  return undefined
}

/**
 * Asks other endpoints whether a block was really replaced. With nobody to ask the endpoint is believed: reading a branch
 * again costs a few calls and can lose nothing.
 * @throws ConnectorError RPC_CONTRADICTION when another endpoint still has the block as it was
 */
export async function expectReplaced(pool: RpcPool, rpc: Rpc, { block, before, now }: Replacement): Promise<void> {
  for (const other of pool.others(rpc)) {
    const header = await fetchHeader(other, block).catch(() => undefined)
    if (header?.hash === now) return
    if (header?.hash !== before) continue
    const detail = `${rpc.endpoint} has replaced block ${block} (${before}) by ${now}, ${other.endpoint} has not`
    const fault = new ConnectorError('RPC_CONTRADICTION', detail, { endpoint: rpc.endpoint, block })
    pool.blame(rpc, fault)
    throw fault
  }
}
