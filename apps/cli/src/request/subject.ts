import { decodeLog, type RawLog, type Rpc } from '@kms-connector/gateway'
import {
  identify,
  type Operation,
  type OperationTable,
  operationOf,
  type RequestId,
  requestIdSerial,
} from '@kms-connector/protocol'
import { WrongUse } from '../command.ts'

/** What an operator asks about. */
export interface Subject {
  readonly operation: Operation
  readonly id: RequestId
  /** Block of the request, known when a transaction was named. */
  readonly block: number | undefined
}

interface Receipt {
  readonly logs: readonly Readonly<Record<string, unknown>>[]
}

const HASH = /^0x[0-9a-f]{64}$/
/** Ids count up from 1 under their type byte; no counter comes here in the life of a chain. */
const BEYOND_COUNTERS = 1n << 64n

/**
 * Finds the request that a text names: an id in hex or decimal, or the hash of the transaction that asked for it. One hash
 * in forty begins with the type byte of an id; what no counter reaches is therefore a hash if the Gateway knows it as one.
 * @param gateway opened only when the text can be a transaction hash
 * @throws WrongUse when it names none
 */
export async function subjectOf(
  text: string,
  table: OperationTable,
  chainId: number | undefined,
  gateway: () => Promise<Rpc>,
): Promise<Subject> {
  const id = identify(text)
  const operation = id && operationOf(table.all, id)
  const named = id && operation && { id, operation, block: undefined }
  const hash = text.toLowerCase()
  if (named && !(HASH.test(hash) && requestIdSerial(id) >= BEYOND_COUNTERS)) return named
  if (!HASH.test(hash)) {
    throw new WrongUse(`"${text.slice(0, 80)}" is no request id (hex or decimal) and no transaction hash`)
  }
  try {
    return await askedFor(hash, table, chainId, await gateway())
  } catch (fault) {
    if (named) return named
    throw fault
  }
}

/** The first request in the logs of a transaction. */
async function askedFor(hash: string, table: OperationTable, chainId: number | undefined, rpc: Rpc): Promise<Subject> {
  const receipt = await rpc.call('eth_getTransactionReceipt', [hash])
  if (receipt === null) throw new WrongUse(`${rpc.endpoint} does not know transaction ${hash}, or it is not mined yet`)
  // CAST: every log is read with care
  for (const log of (receipt as Receipt).logs.map(rawLogOf)) {
    const decoded = log && decodeLog(table, chainId ?? 1, log)
    if (decoded?.kind !== 'request') continue
    return { id: decoded.request.id, operation: decoded.request.operation, block: log?.blockNumber }
  }
  throw new WrongUse(`transaction ${hash} asks for nothing that this connector answers`)
}

function rawLogOf(log: Readonly<Record<string, unknown>>): RawLog | undefined {
  const { address, topics, data, blockNumber, blockHash, transactionHash, logIndex } = log
  if (!Array.isArray(topics) || typeof data !== 'string' || typeof blockNumber !== 'string') return undefined
  // CAST: shown to a person and decoded by code that refuses what it does not know
  return {
    address,
    topics,
    data,
    blockNumber: Number(blockNumber),
    blockHash,
    transactionHash,
    logIndex: Number(logIndex),
    blockTimestamp: undefined,
  } as RawLog // CAST: as above
}
