import { type BlockHeader, bloomVerdict, type RawLog } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import type { BlockRange } from './scanPlan.ts'

/** What one endpoint said about a range: its logs, and the headers it was asked for, in order of their blocks. */
export interface Reading {
  readonly logs: readonly RawLog[]
  readonly headers: readonly BlockHeader[]
}

/** Ranges up to this long are read with the header of every block; longer ones with the first and the last. */
const HEADERS_OF_EVERY_BLOCK = 16

/** Blocks whose headers belong to the reading of a range. */
export function headersWanted({ from, to }: BlockRange): readonly number[] {
  if (to - from >= HEADERS_OF_EVERY_BLOCK) return [from, to]
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/**
 * What contradicts itself in a reading: blocks that do not follow each other, or logs of another block than the header of
 * their number.
 * @returns in words, or undefined
 */
export function contradictionIn({ logs, headers }: Reading): string | undefined {
  const hashes = new Map(headers.map(({ number, hash }) => [number, hash]))
  for (const { number, hash, parentHash } of headers) {
    const parent = hashes.get(number - 1)
    if (parent !== undefined && parent !== parentHash)
      return `block ${number} (${hash}) does not follow block ${number - 1} (${parent})`
  }
  for (const { blockNumber, blockHash } of logs) {
    const hash = hashes.get(blockNumber) ?? blockHash
    if (hash !== blockHash) return `there are two blocks ${blockNumber}, ${hash} and ${blockHash}`
    hashes.set(blockNumber, hash)
  }
  return undefined
}

/** Blocks that hold logs of ours by the bloom filter of their header, but none by the answer about logs. */
export function suspiciousBlocks(
  { logs, headers }: Reading,
  addresses: readonly Hex[],
  topics: readonly Hex[],
): readonly number[] {
  const withLogs = new Set(logs.map(({ blockNumber }) => blockNumber))
  return headers
    .filter(({ number, logsBloom }) => !withLogs.has(number) && bloomVerdict(logsBloom, addresses, topics) === 'maybe')
    .map(({ number }) => number)
}

/** Identity of a log across endpoints: the same event in the same block, with the same content. */
export function logKey({ blockHash, transactionHash, logIndex, topics, data }: RawLog): string {
  return `${blockHash}.${transactionHash}.${logIndex}.${topics.join('.')}.${data}`
}
