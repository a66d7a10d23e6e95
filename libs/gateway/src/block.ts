import type { Hex } from '@kms-connector/protocol'
import { isRecord, readHex, readNumber } from './nodeValue.ts'
import type { Rpc } from './rpc.ts'

export type BlockTag = 'latest' | 'safe' | 'finalized'

/** Hashes in lower case, comparable with those of logs. */
export interface BlockHeader {
  readonly number: number
  readonly hash: Hex
  readonly parentHash: Hex
  /** Seconds since the epoch. */
  readonly timestamp: number
  /** Bloom filter of the logs, where the endpoint sends one. */
  readonly logsBloom: Hex | undefined
}

/**
 * @returns the header, or undefined when the endpoint does not know the block (yet)
 * @throws ConnectorError RPC_UNAVAILABLE, or RPC_REJECTED also when the answer is no header or that of another block
 */
export async function fetchHeader(rpc: Rpc, block: number | BlockTag): Promise<BlockHeader | undefined> {
  const tag = typeof block === 'number' ? `0x${block.toString(16)}` : block
  const result = await rpc.call('eth_getBlockByNumber', [tag, false])
  if (result === null) return undefined
  const header = isRecord(result) ? readHeader(result) : undefined
  if (header === undefined || (typeof block === 'number' && header.number !== block)) {
    throw rpc.nonsense(`eth_getBlockByNumber ${tag}`, result)
  }
  return header
}

function readHeader(block: Readonly<Record<string, unknown>>): BlockHeader | undefined {
  const number = readNumber(block['number'])
  const timestamp = readNumber(block['timestamp'])
  const hash = readHex(block['hash'], 32)
  const parentHash = readHex(block['parentHash'], 32)
  if (number === undefined || timestamp === undefined || !hash || !parentHash) return undefined
  return { number, timestamp, hash, parentHash, logsBloom: readHex(block['logsBloom'], 256) }
}
