import type { Hex } from '@kms-connector/protocol'
import { isRecord, readHex, readNumber, readTopics } from './nodeValue.ts'
import type { Rpc } from './rpc.ts'

/** A log as `eth_getLogs` returns it, with its numbers read and its hex in lower case. */
export interface RawLog {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly blockNumber: number
  readonly blockHash: Hex
  readonly transactionHash: Hex
  readonly logIndex: number
  readonly blockTimestamp: number | undefined
}

export interface LogFilter {
  readonly addresses: readonly Hex[]
  readonly topics: readonly Hex[]
  readonly fromBlock: number
  readonly toBlock: number
}

/**
 * Reads the logs of a block range in chain order. Logs of other contracts are left out: anybody may emit an event with
 * one of our topics, and an endpoint that ignores the filter must not turn it into a request.
 * @throws RpcError as sent by the node (ranges too large are told apart by the caller), ConnectorError RPC_UNAVAILABLE,
 *   ConnectorError RPC_REJECTED when an entry is no log or lies outside the range
 */
export async function fetchLogs(rpc: Rpc, filter: LogFilter): Promise<RawLog[]> {
  const result = await rpc.raw('eth_getLogs', [
    {
      address: filter.addresses,
      topics: [filter.topics],
      fromBlock: `0x${filter.fromBlock.toString(16)}`,
      toBlock: `0x${filter.toBlock.toString(16)}`,
    },
  ])
  const read = logsOf(filter, result)
  if (read.kind === 'garbage') throw rpc.nonsense('eth_getLogs', read.entry)
  return read.logs
}

/** Pure half of {@link fetchLogs}: `garbage` names the first entry that is no log of the range. */
export type LogsRead =
  | { readonly kind: 'logs'; readonly logs: RawLog[] }
  | { readonly kind: 'garbage'; readonly entry: unknown }

export function logsOf({ addresses, fromBlock, toBlock }: LogFilter, result: unknown): LogsRead {
  if (!Array.isArray(result)) return { kind: 'garbage', entry: result }
  const ours = new Set(addresses.map(address => address.toLowerCase()))
  const logs: RawLog[] = []
  // CAST: an array of whatever the endpoint sent; every entry is checked
  for (const entry of result as readonly unknown[]) {
    if (isRecord(entry) && entry['removed'] === true) continue
    const log = isRecord(entry) ? readLog(entry) : undefined
    if (!log || log.blockNumber < fromBlock || log.blockNumber > toBlock) return { kind: 'garbage', entry }
    if (ours.has(log.address)) logs.push(log)
  }
  logs.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex)
  return { kind: 'logs', logs }
}

function readLog(entry: Readonly<Record<string, unknown>>): RawLog | undefined {
  const address = readHex(entry['address'], 20)
  const topics = readTopics(entry['topics'])
  const data = readHex(entry['data'])
  const blockNumber = readNumber(entry['blockNumber'])
  const blockHash = readHex(entry['blockHash'], 32)
  const transactionHash = readHex(entry['transactionHash'], 32)
  const logIndex = readNumber(entry['logIndex'])
  if (!address || !topics || !data || !blockHash || !transactionHash) return undefined
  if (blockNumber === undefined || logIndex === undefined) return undefined
  const blockTimestamp = readNumber(entry['blockTimestamp'])
  return { address, topics, data, blockNumber, blockHash, transactionHash, logIndex, blockTimestamp }
}
