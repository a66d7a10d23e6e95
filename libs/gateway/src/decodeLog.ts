import {
  ConnectorError,
  type ErrorFacts,
  type Operation,
  type OperationTable,
  type Request,
  requestIdType,
  toConnectorError,
} from '@kms-connector/protocol'
import { decodeEventLog } from 'viem/utils'
import type { RawLog } from './rawLog.ts'

export type DecodedLog =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'undecodable'; readonly operationName: string; readonly error: ConnectorError }
  /** Not one of our events: an endpoint ignored the topic filter. */
  | { readonly kind: 'foreign' }

/**
 * Largest log data that is decoded: room for the most a v0.11 decryption request can carry (1024 handles) with twenty
 * coprocessors each. Crafted offsets make decoding cost more than its input is long, so the input is bounded.
 */
export const MAX_LOG_DATA_BYTES = 1024 * 1024

/**
 * Turns a log into the request it carries. Never throws: a log that cannot be decoded becomes a dead letter, it must not
 * stop the range it is in.
 */
export function decodeLog(table: OperationTable, chainId: number, log: RawLog): DecodedLog {
  const topic = log.topics[0]
  const operation = topic ? table.ofTopic(topic) : undefined
  if (!operation) return { kind: 'foreign' }
  const { blockNumber, blockHash, transactionHash, logIndex, blockTimestamp } = log
  try {
    const { id, payload } = readEvent(operation, log)
    const origin = { chainId, blockNumber, blockHash, transactionHash, logIndex, blockTimestamp }
    return { kind: 'request', request: { operation, id, origin, payload } }
  } catch (fault) {
    const facts = { operation: operation.name, blockNumber, transactionHash, logIndex }
    return { kind: 'undecodable', operationName: operation.name, error: undecodable(fault, facts) }
  }
}

function readEvent(operation: Operation, { topics, data }: RawLog): ReturnType<Operation['fromEvent']> {
  const bytes = data.length / 2 - 1
  if (bytes > MAX_LOG_DATA_BYTES) {
    throw new ConnectorError('LOG_UNDECODABLE', `${bytes} bytes of data, at most ${MAX_LOG_DATA_BYTES} are read`)
  }
  const [first, ...rest] = topics
  const decoded = decodeEventLog({ abi: [operation.event], data, topics: first ? [first, ...rest] : [], strict: true })
  // CAST: a strictly decoded event has named arguments or none at all
  const event = operation.fromEvent((decoded.args ?? {}) as unknown as Readonly<Record<string, unknown>>)
  if (operation.idType !== undefined && requestIdType(event.id) !== operation.idType) {
    throw new ConnectorError('REQUEST_ID_INVALID', `${event.id} has no type ${operation.idType} prefix`)
  }
  return event
}

/** The fault itself is not kept as cause: decoders put the whole data into their messages. */
function undecodable(fault: unknown, facts: ErrorFacts): ConnectorError {
  const { code, message, facts: known } = toConnectorError(fault)
  const detail = (message.slice(code.length + 2).split('\n')[0] ?? '').slice(0, 300)
  return new ConnectorError(code === 'INTERNAL' ? 'LOG_UNDECODABLE' : code, detail, { ...known, ...facts })
}
