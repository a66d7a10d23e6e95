import type { RpcAction, RpcCall } from './rpcAction.ts'
import type { Random } from './seededRandom.ts'

/** Who refuses wide or rich ranges of logs, each with its own code and words. */
export type LogProvider = 'alchemy' | 'infura' | 'quicknode' | 'ankr' | 'geth' | 'erigon' | 'nitro' | 'plain'

interface Refusal {
  readonly code: number
  readonly message: (limit: number, suggested: string) => string
}

/** As the providers' documentation and issue trackers quote them. */
const REFUSALS: Readonly<Record<LogProvider, Refusal>> = {
  alchemy: {
    code: -32602,
    message: (limit, range) =>
      `Log response size exceeded. You can make eth_getLogs requests with up to a ${limit} block range. Based on your parameters, this block range should work: ${range}`,
  },
  infura: {
    code: -32005,
    message: (_, range) => `query returned more than 10000 results. Try with this block range ${range}.`,
  },
  quicknode: { code: -32614, message: limit => `eth_getLogs is limited to a ${limit} range` },
  ankr: { code: -32600, message: () => 'block range is too wide' },
  geth: { code: -32602, message: limit => `exceed maximum block range: ${limit}` },
  erigon: { code: -32000, message: limit => `query block range exceeds server limit, ${limit} blocks` },
  nitro: { code: -32000, message: () => 'logs matched by query exceeds limit of 10000' },
  plain: { code: -32000, message: () => 'query timeout exceeded' },
}

/** Refuses `eth_getLogs` over more blocks than the limit; narrower ranges are answered. */
export function logRangeLimit(limit: number, provider: LogProvider): (call: RpcCall) => RpcAction | undefined {
  return ({ params }) => {
    const filter = params[0] as { fromBlock?: string; toBlock?: string } | undefined // CAST: read with care
    const [from, to] = [Number(filter?.fromBlock), Number(filter?.toBlock)]
    if (!(to - from + 1 > limit)) return undefined
    const { code, message } = REFUSALS[provider]
    const suggested = `[0x${from.toString(16)}, 0x${(from + limit - 1).toString(16)}]`
    return { kind: 'error', code, message: message(limit, suggested) }
  }
}

/** A node whose index of logs lies behind its head: no logs, and no word about it. */
export const EMPTY_LOGS: RpcAction = { kind: 'result', result: [] }

/** Leaves out each log with the given chance, and no word about it. */
export function partialLogs(share: number, random: Random): RpcAction {
  return {
    kind: 'edit',
    edit: result => (Array.isArray(result) ? result.filter(() => random() >= share) : result),
  }
}
