import { keccak256, numberToHex, toHex } from 'viem'
import type { AskNode, NodeLayer, RpcAnswer, RpcCall } from '../../apps/devnet/src/faults/index.ts'

export interface StretchedChain {
  readonly layer: NodeLayer
  /** Most logs that one answer held, and most blocks that one question was about. */
  readonly most: { logs: number; blocks: number }
}

/**
 * A chain with many blocks between those of a real one: block n of the real chain is block n × stride here, with its hash
 * and its logs; what lies between is empty. Mining so many blocks for real takes minutes.
 */
export function stretchedChain(stride: number): StretchedChain {
  const most = { logs: 0, blocks: 0 }
  async function layer(call: RpcCall, ask: AskNode): Promise<RpcAnswer> {
    switch (call.method) {
      case 'eth_blockNumber':
        return { result: numberToHex(await headOf(ask, stride)) }
      case 'eth_getBlockByNumber':
        return { result: await blockAt(Number(call.params[0]), ask, stride) }
      case 'eth_getLogs':
        return logsOf(call, ask, stride, most)
      default:
        return ask()
    }
  }
  return { layer, most }
}

async function headOf(ask: AskNode, stride: number): Promise<number> {
  return Number((await ask({ method: 'eth_blockNumber', params: [] })).result) * stride
}

async function realBlock(n: number, ask: AskNode): Promise<Readonly<Record<string, unknown>>> {
  const { result } = await ask({ method: 'eth_getBlockByNumber', params: [numberToHex(n), false] })
  return result as Readonly<Record<string, unknown>> // CAST: below the head, so it is a block
}

async function blockAt(n: number, ask: AskNode, stride: number): Promise<unknown> {
  if (n > (await headOf(ask, stride))) return null
  const hashOf = async (block: number) =>
    block % stride === 0 ? (await realBlock(block / stride, ask))['hash'] : keccak256(toHex(`empty ${block}`))
  const place = {
    number: numberToHex(n),
    hash: await hashOf(n),
    parentHash: n === 0 ? toHex('', { size: 32 }) : await hashOf(n - 1),
  }
  if (n % stride === 0) return { ...(await realBlock(n / stride, ask)), ...place }
  return { ...place, timestamp: '0x1', logsBloom: `0x${'0'.repeat(512)}` }
}

async function logsOf(
  { params }: RpcCall,
  ask: AskNode,
  stride: number,
  most: StretchedChain['most'],
): Promise<RpcAnswer> {
  const [filter] = params as [{ fromBlock: string; toBlock: string }] // CAST: our own client sent it
  const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)]
  most.blocks = Math.max(most.blocks, to - from + 1)
  const real = { from: Math.ceil(from / stride), to: Math.floor(to / stride) }
  if (real.from > real.to) return { result: [] }
  const range = { fromBlock: numberToHex(real.from), toBlock: numberToHex(real.to) }
  const { result } = await ask({ method: 'eth_getLogs', params: [{ ...filter, ...range }] })
  const logs = result as readonly { readonly blockNumber: string }[] // CAST: anvil's
  most.logs = Math.max(most.logs, logs.length)
  return { result: logs.map(log => ({ ...log, blockNumber: numberToHex(Number(log.blockNumber) * stride) })) }
}
