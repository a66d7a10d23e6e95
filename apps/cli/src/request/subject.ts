import { decodeLog, type RawLog, type Rpc } from '@kms-connector/gateway'
import { identify, type Operation, type OperationTable, operationOf, type RequestId } from '@kms-connector/protocol'
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

/**
 * Finds the request that a text names: an id in hex or decimal, or the hash of the transaction that asked for it.
 * @param gateway opened only when the text can be nothing but a transaction hash
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
  if (id && operation) return { id, operation, block: undefined }
  if (!/^0x[0-9a-f]{64}$/i.test(text)) {
    throw new WrongUse(`"${text.slice(0, 80)}" is no request id (hex or decimal) and no transaction hash`)
  }
  const rpc = await gateway()
  const receipt = await rpc.call('eth_getTransactionReceipt', [text.toLowerCase()])
  if (receipt === null) throw new WrongUse(`${rpc.endpoint} does not know transaction ${text}, or it is not mined yet`)
  // CAST: every log is read with care
  for (const log of (receipt as Receipt).logs.map(rawLogOf)) {
    const decoded = log && decodeLog(table, chainId ?? 1, log)
    if (decoded?.kind !== 'request') continue
    return { id: decoded.request.id, operation: decoded.request.operation, block: log?.blockNumber }
  }
  throw new WrongUse(`transaction ${text} asks for nothing that this connector answers`)
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
