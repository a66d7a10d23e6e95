import { decodeLog, FinalHead, fetchHeader, fetchLogs, type RawLog, Rpc } from '@kms-connector/gateway'
import type { Address, Hex, Operation, RequestId } from '@kms-connector/protocol'
import { type CommandSettings, createLimit } from '@kms-connector/service-kit'
import { parseAbi, toEventSelector } from 'viem/utils'
import { TABLE } from './brokerFacts.ts'
import type { ChainEvent, ChainFacts } from './requestFacts.ts'

/** Answers and consensus of the v0.11 contracts whose first indexed argument is the id. */
const ANSWERS = parseAbi([
  'event PublicDecryptionResponseCall(uint256 indexed decryptionId, bytes decryptedResult, bytes signature, address kmsTxSender, bytes extraData)',
  'event PublicDecryptionResponse(uint256 indexed decryptionId, bytes decryptedResult, bytes[] signatures, bytes extraData)',
  'event UserDecryptionResponse(uint256 indexed decryptionId, uint256 indexShare, bytes userDecryptedShare, bytes signature, bytes extraData)',
  'event UserDecryptionResponseThresholdReached(uint256 indexed decryptionId)',
])
const NAMES = new Map<string, string>(ANSWERS.map(event => [toEventSelector(event), event.name]))
/** Ranges of `get_logs_batch_size` blocks that are searched for a request at most, the newest first. */
const MOST_RANGES = 200
const LOOKS = { name: 'log ranges', concurrency: 8, maxQueue: MOST_RANGES } as const
/** Blocks behind the request in which its answers are looked for. */
const ANSWER_BLOCKS = 50_000
/** Blocks and transactions of answers that are looked up at once. */
const MOST_LOOK_UPS = 50

interface Place {
  readonly block: number | undefined
}

/**
 * Reads from the first endpoint of the Gateway where the request is and what became of it.
 * @param known block of the request, from a stream or a transaction
 * @throws ConnectorError RPC_UNAVAILABLE
 */
export async function readChain(
  settings: CommandSettings & { readonly gateway_url: readonly string[] },
  operation: Operation,
  id: RequestId,
  known: Place,
  signal: AbortSignal,
): Promise<ChainFacts> {
  const [rpc, ...peers] = settings.gateway_url.map(url => new Rpc({ url, timeoutMs: settings.gateway_timeout }))
  if (!rpc) throw new RangeError('no endpoint')
  const finality = operation.group === 'decryption' ? settings.decryption_finality : settings.key_management_finality
  const [header, finalHead, heads] = await Promise.all([
    fetchHeader(rpc, 'latest'),
    new FinalHead(finality).read(rpc).catch(() => undefined),
    Promise.all(peers.map(peer => peer.quantity('eth_blockNumber').catch(() => 0n))),
  ])
  const head = header?.number ?? 0
  const headAgeMs = header ? Math.max(0, Date.now() - header.timestamp * 1000) : 0
  const behindPeers = Math.max(0, ...heads.map(other => Number(other) - head))
  const address = contractOf(settings, operation)
  const search = { rpc, operation, id, head, step: settings.get_logs_batch_size, signal }
  const found = known.block === undefined && address ? await searchBack({ ...search, address }) : undefined
  const requestBlock = known.block ?? found?.block
  const events = requestBlock === undefined || !address ? [] : await answersOf(rpc, address, id, requestBlock, head)
  const searchedBlocks = found?.searched ?? 0
  return { endpoint: rpc.endpoint, head, headAgeMs, behindPeers, finalHead, requestBlock, searchedBlocks, events }
}

export function contractOf(settings: CommandSettings, { contract }: Operation): Address | undefined {
  return contract === 'Decryption' ? settings.decryption_contract?.address : settings.kms_generation_contract?.address
}

interface Search {
  readonly rpc: Rpc
  readonly operation: Operation
  readonly id: RequestId
  readonly head: number
  readonly step: number
  readonly address: Address
  readonly signal: AbortSignal
}

/** Looks for the request in ranges as wide as the listener reads, the newest first, and never further than some. */
async function searchBack(search: Search): Promise<{ readonly block: number | undefined; readonly searched: number }> {
  const { head, step, signal } = search
  const limit = createLimit(LOOKS)
  let searched = 0
  for (let to = head; to >= 0 && searched < MOST_RANGES * step; ) {
    signal.throwIfAborted()
    const ends = Array.from({ length: LOOKS.concurrency }, (_, i) => to - i * step).filter(end => end >= 0)
    const found = await Promise.all(ends.map(end => limit.run(() => blockIn(search, Math.max(0, end - step + 1), end))))
    searched += ends.length * step
    const block = found.find(number => number !== undefined)
    if (block !== undefined) return { block, searched }
    to -= ends.length * step
  }
  return { block: undefined, searched: Math.min(searched, head + 1) }
}

async function blockIn({ rpc, operation, id, address }: Search, fromBlock: number, toBlock: number) {
  const logs = await fetchLogs(rpc, { addresses: [address], topics: TABLE.topics([operation]), fromBlock, toBlock })
  const isOurs = (log: RawLog) => {
    const decoded = decodeLog(TABLE, 1, log)
    return decoded.kind === 'request' && decoded.request.id === id
  }
  return logs.find(isOurs)?.blockNumber
}

/** Logs of any event whose first indexed argument is the id: the request, every answer, the consensus. */
async function answersOf(rpc: Rpc, address: Address, id: RequestId, from: number, head: number): Promise<ChainEvent[]> {
  const toBlock = Math.min(head, from + ANSWER_BLOCKS)
  const range = { fromBlock: hex(from), toBlock: hex(toBlock) }
  const logs = await rpc.call('eth_getLogs', [{ address, topics: [null, `0x${id}`], ...range }])
  const entries = Array.isArray(logs) ? (logs as readonly Readonly<Record<string, unknown>>[]) : [] // CAST: read with care
  const blocks = [...new Set(entries.map(({ blockNumber }) => Number(blockNumber)))].slice(0, MOST_LOOK_UPS)
  const hashes = [...new Set(entries.map(({ transactionHash }) => String(transactionHash)))].slice(0, MOST_LOOK_UPS)
  const [headers, senders] = await Promise.all([
    Promise.all(blocks.map(number => fetchHeader(rpc, number).catch(() => undefined))),
    Promise.all(hashes.map(async hash => [hash, await senderOf(rpc, hash)] as const)),
  ])
  const times = new Map(headers.flatMap(header => (header ? [[header.number, header.timestamp * 1000] as const] : [])))
  const sentBy = new Map(senders)
  return entries.map(({ topics, blockNumber, transactionHash }) => {
    const [topic] = Array.isArray(topics) ? topics.map(String) : ['']
    const [block, hash] = [Number(blockNumber), String(transactionHash)]
    const name = NAMES.get(topic ?? '') ?? TABLE.ofTopic(topic as Hex)?.event.name ?? topic ?? '' // CAST: only compared
    return { name, blockNumber: block, transactionHash: hash, sender: sentBy.get(hash), at: times.get(block) }
  })
}

async function senderOf(rpc: Rpc, hash: string): Promise<string | undefined> {
  const transaction = await rpc.call('eth_getTransactionByHash', [hash]).catch(() => undefined)
  const from = (transaction as { readonly from?: unknown } | null | undefined)?.from // CAST: read with care
  return typeof from === 'string' ? from.toLowerCase() : undefined
}

const hex = (block: number) => `0x${block.toString(16)}`
