import { numberToHex } from 'viem'
import type { AskNode, RpcAnswer, RpcCall } from './rpcAction.ts'
import type { NodeLayer } from './rpcProxy.ts'

export interface LaggingNode {
  readonly layer: NodeLayer
  /** Blocks behind the real head; changed at any time. 0 is an honest node. */
  lag: number
}

/** Where the block stands among the parameters. */
const STATE_AT: ReadonlyMap<string, number> = new Map([
  ['eth_call', 1],
  ['eth_estimateGas', 1],
  ['eth_getBalance', 1],
  ['eth_getCode', 1],
  ['eth_getTransactionCount', 1],
  ['eth_feeHistory', 1],
  ['eth_getStorageAt', 2],
])
const TAGS = new Set<unknown>([undefined, 'latest', 'pending', 'safe', 'finalized'])
/** EIP-7966: the transaction is known and was not mined in time. */
const NOT_MINED_IN_TIME = 4

/**
 * A node that has not caught up: head, blocks, logs, receipts, transactions, state and nonces all end at the same block.
 * Its head never moves back while the lag stays the same. Transactions that are sent go on to the chain, as a node that follows does.
 */
export function laggingNode(lag: number): LaggingNode {
  const node: { lag: number; layer: NodeLayer } = { lag, layer: answer }
  async function answer(call: RpcCall, ask: AskNode): Promise<RpcAnswer> {
    if (node.lag === 0) return ask()
    const head = Number((await ask({ method: 'eth_blockNumber', params: [] })).result)
    return answerUpTo(Math.max(0, head - node.lag), call, ask)
  }
  return node
}

function answerUpTo(end: number, call: RpcCall, ask: AskNode): Promise<RpcAnswer> | RpcAnswer {
  switch (call.method) {
    case 'eth_blockNumber':
      return { result: numberToHex(end) }
    case 'eth_getBlockByNumber':
      return blockUpTo(end, call, ask)
    case 'eth_getLogs':
      return logsUpTo(end, call, ask)
    case 'eth_getBlockByHash':
      return hideAfter(end, 'number', ask)
    case 'eth_getTransactionReceipt':
    case 'eth_getTransactionByHash':
      return hideAfter(end, 'blockNumber', ask)
    case 'eth_sendRawTransactionSync':
      return sendAndSeeNothing(end, ask)
    default:
      return stateUpTo(end, call, ask)
  }
}

async function blockUpTo(end: number, { method, params }: RpcCall, ask: AskNode): Promise<RpcAnswer> {
  const [tag, full] = params
  if (tag === 'latest' || tag === 'pending') return ask({ method, params: [numberToHex(end), full] })
  const answer = await ask()
  if (!isAfter(end, answer.result, 'number')) return answer
  return TAGS.has(tag) ? ask({ method, params: [numberToHex(end), full] }) : { result: null }
}

async function logsUpTo(end: number, { method, params }: RpcCall, ask: AskNode): Promise<RpcAnswer> {
  const filter = params[0] as { fromBlock?: unknown; toBlock?: unknown; blockHash?: unknown } // CAST: read with care
  if (filter?.blockHash !== undefined) {
    const answer = await ask()
    return Array.isArray(answer.result)
      ? { result: answer.result.filter(log => !isAfter(end, log, 'blockNumber')) }
      : answer
  }
  const from = blockOf(filter?.fromBlock, end)
  const to = Math.min(blockOf(filter?.toBlock, end), end)
  if (from > to) return { result: [] }
  return ask({ method, params: [{ ...filter, fromBlock: numberToHex(from), toBlock: numberToHex(to) }] })
}

async function hideAfter(end: number, field: string, ask: AskNode): Promise<RpcAnswer> {
  const answer = await ask()
  return isAfter(end, answer.result, field) ? { result: null } : answer
}

async function sendAndSeeNothing(end: number, ask: AskNode): Promise<RpcAnswer> {
  const answer = await ask()
  if (!isAfter(end, answer.result, 'blockNumber')) return answer
  const { transactionHash } = answer.result as { transactionHash: unknown } // CAST: it has a block number: a receipt
  const message = 'The transaction was added to the mempool but was not processed in time'
  return { error: { code: NOT_MINED_IN_TIME, message, data: transactionHash } }
}

function stateUpTo(end: number, { method, params }: RpcCall, ask: AskNode): Promise<RpcAnswer> {
  const at = STATE_AT.get(method)
  if (at === undefined || !TAGS.has(params[at])) return ask()
  const known = [...params]
  known[at] = numberToHex(end)
  return ask({ method, params: known })
}

function blockOf(value: unknown, end: number): number {
  return TAGS.has(value) ? end : Number(value === 'earliest' ? 0 : value)
}

function isAfter(end: number, thing: unknown, field: string): boolean {
  const value = (thing as Record<string, unknown> | null)?.[field] // CAST: read only
  return typeof value === 'string' && Number(value) > end
}
