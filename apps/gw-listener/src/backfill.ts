import { type DecodedLog, decodeLog, fetchHeader, type RawLog, type RpcPool } from '@kms-connector/gateway'
import { ConnectorError, type Operation, type OperationTable, type Request } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import { type Broker, newestMessage, requestStream, requestSubject } from '@kms-connector/streams'
import { conflictOf } from './conflict.ts'
import type { Turn } from './groupListener.ts'
import type { RangeReader } from './rangeReader.ts'
import { sizeOf } from './rangeSize.ts'
import type { BlockRange } from './scanPlan.ts'

export interface BackfillPlan extends BlockRange {
  /** Operations whose requests are looked for. */
  readonly operations: readonly Operation[]
  /** Compares with the streams and publishes nothing. */
  readonly dryRun: boolean
  /** Requests published a second, at most: the pipeline has live work to do. */
  readonly requestsPerSecond: number
}

export interface BackfillDependencies {
  readonly pool: RpcPool
  readonly reader: RangeReader
  readonly broker: Broker
  readonly table: OperationTable
  readonly chainId: number
  /** The publish path of the live listener. */
  readonly publish: (logs: readonly RawLog[], turn: Turn) => Promise<unknown>
  /** Called for every request found, in chain order. */
  readonly onRequest: (found: BackfillRequest) => void
}

/**
 * What the streams hold of a request that is on the chain: nothing, the same, or another payload under its id. A log that
 * cannot be decoded is none of these.
 */
export type BackfillState = 'missing' | 'there' | 'conflict' | 'undecodable'

export interface BackfillRequest {
  readonly operation: string
  /** Undefined when the log could not be decoded. */
  readonly id: string | undefined
  readonly block: number
  readonly transactionHash: string
  /** Before anything was published. */
  readonly state: BackfillState
}

export interface BackfillReport extends Readonly<Record<BackfillState, number>> {
  readonly from: number
  readonly to: number
}

/** Looks into the streams under way at once. */
const LOOKS_AT_ONCE = 16

/**
 * Reads a range of blocks once more and publishes what is missing from the streams, by the path of the live listener: what
 * is there is refused by the stream. Cursors are not touched. With `dryRun` it only says what it would do.
 *
 * A request that is older than the streams remember counts as missing, and is worked on again; the chain refuses a second
 * answer of ours.
 * @throws ConnectorError RPC_REJECTED when the range ends above the head, RPC_UNAVAILABLE, BROKER_UNAVAILABLE
 */
export async function backfill(
  dependencies: BackfillDependencies,
  plan: BackfillPlan,
  turn: Turn,
): Promise<BackfillReport> {
  const { pool, reader } = dependencies
  const count: Record<BackfillState, number> = { missing: 0, there: 0, conflict: 0, undecodable: 0 }
  let from = plan.from
  let rpc = pool.pin()
  if (!(await fetchHeader(rpc, plan.to))) {
    throw new ConnectorError('RPC_REJECTED', `${rpc.endpoint} does not know block ${plan.to}: --to is above the head`)
  }
  while (from <= plan.to) {
    turn.signal.throwIfAborted()
    turn.beat()
    rpc = pool.pin()
    const to = Math.min(from + reader.sizeAt(rpc).current - 1, plan.to)
    const reading = await reader.read(rpc, { from, to })
    if (!reading) continue
    for (const found of await take(dependencies, plan, reading.logs, turn)) {
      count[found.state]++
      dependencies.onRequest(found)
    }
    reader.sizeAt(rpc).served(to - from + 1, sizeOf(reading.logs))
    from = to + 1
  }
  return { from: plan.from, to: plan.to, ...count }
}

async function take(
  dependencies: BackfillDependencies,
  plan: BackfillPlan,
  logs: readonly RawLog[],
  turn: Turn,
): Promise<readonly BackfillRequest[]> {
  const { table, chainId, publish } = dependencies
  const wanted = logs
    .map(log => ({ log, decoded: decodeLog(table, chainId, log) }))
    .filter(({ decoded }) => operationOf(plan.operations, decoded) !== undefined)
  const found: BackfillRequest[] = []
  for (let at = 0; at < wanted.length; at += LOOKS_AT_ONCE) {
    const some = wanted.slice(at, at + LOOKS_AT_ONCE)
    const states = await Promise.all(some.map(({ decoded }) => stateOf(dependencies, decoded)))
    const begin = performance.now()
    if (!plan.dryRun)
      await publish(
        some.map(({ log }) => log),
        turn,
      )
    found.push(...some.map(({ log, decoded }, i) => describe(log, decoded, states[i] ?? 'missing')))
    const news = states.filter(state => state === 'missing').length
    const leastMs = (news * 1000) / plan.requestsPerSecond
    if (!plan.dryRun) await sleep(Math.max(0, leastMs - (performance.now() - begin)), turn.signal)
  }
  return found
}

function operationOf(operations: readonly Operation[], decoded: DecodedLog): Operation | undefined {
  if (decoded.kind === 'foreign') return undefined
  const name = decoded.kind === 'request' ? decoded.request.operation.name : decoded.operationName
  return operations.find(operation => operation.name === name)
}

async function stateOf({ broker, table }: BackfillDependencies, decoded: DecodedLog): Promise<BackfillState> {
  if (decoded.kind !== 'request') return 'undecodable'
  const { operation, id }: Request = decoded.request
  const stored = await newestMessage(broker, requestStream(operation), requestSubject(operation, id))
  if (!stored) return 'missing'
  return conflictOf(table, stored.body, decoded.request) ? 'conflict' : 'there'
}

function describe(log: RawLog, decoded: DecodedLog, state: BackfillState): BackfillRequest {
  const { blockNumber: block, transactionHash } = log
  if (decoded.kind === 'request')
    return { operation: decoded.request.operation.name, id: decoded.request.id, block, transactionHash, state }
  const operation = decoded.kind === 'undecodable' ? decoded.operationName : 'unknown'
  return { operation, id: undefined, block, transactionHash, state }
}
