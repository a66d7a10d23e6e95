import assert from 'node:assert/strict'
import { decodeLog, decodeUserDecryptionCalldata } from '@kms-connector/gateway'
import { ConnectorError, type Hex, OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import fc from 'fast-check'
import { encodeAbiParameters, encodeFunctionData, parseAbi, toEventSelector } from 'viem'
import { answersOf } from '../../libs/gateway/src/jsonRpc.ts'
import { type LogFilter, logsOf, type RawLog } from '../../libs/gateway/src/rawLog.ts'
import { anyJson, anyText, changedHex, spoiled } from './arbitraries.ts'
import { type FuzzTarget, target, typed } from './target.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const word: Hex = `0x${'ab'.repeat(32)}`
const address: Hex = `0x${'cd'.repeat(20)}`

const rawLog = {
  address,
  topics: [word],
  data: '0x00',
  blockNumber: '0x10',
  blockHash: word,
  transactionHash: word,
  logIndex: '0x0',
}
const filter: LogFilter = { addresses: [address], topics: [word], fromBlock: 1, toBlock: 100 }

/** Data of an event whose arguments are all zero or empty, as its ABI wants them. */
function blankData(inputs: readonly { readonly type: string; readonly indexed?: boolean | undefined }[]): Hex {
  const open = inputs.filter(({ indexed }) => !indexed)
  try {
    return encodeAbiParameters(open, open.map(blank))
  } catch {
    return `0x${'00'.repeat(32 * 16)}`
  }
}

function blank(input: {
  readonly type: string
  readonly components?: readonly { readonly type: string; readonly name?: string | undefined }[]
}): unknown {
  if (input.type.endsWith(']')) return []
  if (input.type === 'tuple')
    return Object.fromEntries((input.components ?? []).map(each => [each.name ?? '', blank(each)]))
  if (input.type === 'string') return ''
  if (input.type === 'bool') return false
  if (input.type === 'address') return address
  if (input.type.startsWith('bytes'))
    return input.type === 'bytes' ? '0x' : `0x${'00'.repeat(Number(input.type.slice(5)))}`
  return 1n
}

const abi = parseAbi([
  'struct CtHandleContractPair { bytes32 ctHandle; address contractAddress; }',
  'struct RequestValidity { uint256 startTimestamp; uint256 durationDays; }',
  'struct ContractsInfo { uint256 chainId; address[] addresses; }',
  'function userDecryptionRequest(CtHandleContractPair[] ctHandleContractPairs, RequestValidity requestValidity, ContractsInfo contractsInfo, address userAddress, bytes publicKey, bytes signature, bytes extraData)',
])
const calldata = encodeFunctionData({
  abi,
  args: [
    [{ ctHandle: word, contractAddress: address }],
    { startTimestamp: 1n, durationDays: 2n },
    { chainId: 3n, addresses: [address] },
    address,
    '0x01',
    '0x02',
    '0x',
  ],
})

const logTargets: FuzzTarget[] = table.all.map(operation => {
  const topic = toEventSelector(operation.event)
  const data = blankData(operation.event.inputs)
  const logs = fc.record({
    topics: fc.array(fc.oneof(changedHex(word), fc.constant(word)), { maxLength: 3 }),
    data: changedHex(data),
  })
  return target(`log of ${operation.name}`, logs, ({ topics, data: changed }) => {
    const log: RawLog = {
      address,
      topics: [topic, ...topics],
      data: changed,
      blockNumber: 1,
      blockHash: word,
      transactionHash: word,
      logIndex: 0,
      blockTimestamp: undefined,
    }
    const decoded = decodeLog(table, 1, log)
    assert.notEqual(decoded.kind, 'foreign')
    if (decoded.kind === 'undecodable') assert.ok(decoded.error instanceof ConnectorError)
  })
})

export const CHAIN_TARGETS: readonly FuzzTarget[] = [
  ...logTargets,
  target('logs of a node', fc.oneof(spoiled([rawLog, rawLog]), anyJson), result => {
    const read = logsOf(filter, result)
    if (read.kind === 'logs') for (const { blockNumber } of read.logs) assert.ok(blockNumber >= 1 && blockNumber <= 100)
  }),
  target(
    'calldata',
    fc.tuple(fc.oneof(fc.constant<string | null>(address), anyText), changedHex(calldata)),
    ([to, input]) => typed(() => decodeUserDecryptionCalldata(address, to, input)),
  ),
  target(
    'JSON-RPC answer',
    fc.oneof(
      spoiled({ jsonrpc: '2.0', id: 1, result: '0x1' }).map(value => JSON.stringify(value) ?? ''),
      anyText,
      fc.nat({ max: 100_000 }).map(n => '['.repeat(n)),
    ),
    text => {
      const answers = answersOf(text, [1, 2])
      assert.ok(answers === undefined || answers.length === 2)
    },
  ),
]
