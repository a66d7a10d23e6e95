import type { Rpc } from '@kms-connector/gateway'
import {
  type Broker,
  CURSOR_BUCKET,
  DEAD_LETTERS,
  KeyValue,
  RESPONSES,
  readCursor,
  requestStream,
  SENDER_BUCKET,
  storedAfter,
  TX_SLOTS_BUCKET,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import type { CommandContext } from '../commandContext.ts'
import { TABLE } from '../request/brokerFacts.ts'
import { Gathering } from '../request/gathering.ts'
import type { SenderFacts } from '../request/requestFacts.ts'
import { readSender, walletAddressOf } from '../request/senderFacts.ts'
import { type Runway, runwayOf } from './runway.ts'
import { type ServiceNumbers, serviceNumbers } from './serviceNumbers.ts'

/** How this node is doing. What could not be read is undefined, `gaps` say why. */
export interface NodeFacts {
  readonly now: number
  /** Blocks that the listener may read (decryption_finality) and has not read for decryptions. */
  readonly headLag: number | undefined
  /** Age of the oldest request without an answer on chain, milliseconds; 0 when there is none. */
  readonly oldestOpenMs: number | undefined
  /** Requests on their streams without an answer. */
  readonly openRequests: number | undefined
  /** Answers stored in all, to measure a rate between two looks. */
  readonly answersStored: number | undefined
  /** Answers a second over the last hundred. */
  readonly rate: number | undefined
  readonly deadLetters: number | undefined
  /** Age of the newest dead letter, milliseconds. */
  readonly newestLetterMs: number | undefined
  /** Part of its bytes that the fullest stream uses, and how long it lasts as it grows now. */
  readonly fullest:
    | { readonly stream: string; readonly part: number; readonly fullInMs: number | undefined }
    | undefined
  readonly sender: SenderFacts | undefined
  readonly openSlots: number | undefined
  readonly nextNonce: number | undefined
  readonly runway: Runway | undefined
  readonly services: ServiceNumbers
  readonly gaps: readonly string[]
}

/** Answers over which a rate is measured. */
const RATE_OVER = 100

/** Looks at broker, chain and the services' own numbers, side by side, each under a deadline. Changes nothing. */
export async function readNode(context: CommandContext, endpoints: readonly string[]): Promise<NodeFacts> {
  const gathering = new Gathering(context.timeoutMs, context.loaded.secrets)
  const ask = <T>(what: string, read: (broker: Broker) => Promise<T>) =>
    gathering.read(what, async () => read(await context.broker()))
  const { gateway_url, gateway_chain_id: chainId } = context.settings
  if (!gateway_url) gathering.gaps.push('Gateway: gateway_url is not in the settings')
  const gateway = gateway_url && (await gathering.read('Gateway', () => context.gateway()))
  const [work, answers, letters, fullest, sender, slots, cursor, head, money, services] = await Promise.all([
    ask('requests', readOpen),
    ask('answers', readAnswers),
    ask('dead letters', readLetters),
    ask('streams', readFullest),
    ask('sender', readSender),
    ask('ledger', broker => new KeyValue(broker, TX_SLOTS_BUCKET).entries('slot')),
    chainId === undefined
      ? undefined
      : ask('cursor', broker => readCursor(new KeyValue(broker, CURSOR_BUCKET), `${chainId}.public-decryption`)),
    gateway && gathering.read('head', () => context.decryptionHead.read(gateway)),
    gateway && ask('wallet', broker => readMoney(context, broker, gateway)),
    serviceNumbers(endpoints, context.timeoutMs),
  ])
  const waits = [work?.oldestMs, answers?.oldestUnsentMs].filter(ms => ms !== undefined)
  return {
    now: Date.now(),
    headLag: head === undefined || !cursor ? undefined : Math.max(0, head - cursor.block),
    oldestOpenMs: waits.length === 0 ? undefined : Math.max(...waits),
    openRequests: work?.open,
    answersStored: answers?.stored,
    rate: answers?.rate,
    deadLetters: letters?.count,
    newestLetterMs: letters?.newestMs,
    fullest,
    sender,
    openSlots: slots?.length,
    nextNonce: money?.nonce,
    runway: money?.runway,
    services,
    gaps: [...gathering.gaps, ...services.gaps],
  }
}

async function readOpen(broker: Broker): Promise<{ readonly open: number; readonly oldestMs: number }> {
  const each = TABLE.all.map(async operation => {
    const stream = requestStream(operation)
    const { num_pending, num_ack_pending, ack_floor } = await broker.manager.consumers.info(stream, WORKER_CONSUMER)
    const open = num_pending + num_ack_pending
    const oldest = open === 0 ? undefined : await storedAfter(broker, stream, ack_floor.stream_seq)
    return { open, oldestMs: waitedMs(oldest) }
  })
  const all = await Promise.all(each)
  return { open: all.reduce((sum, { open }) => sum + open, 0), oldestMs: Math.max(0, ...all.map(o => o.oldestMs)) }
}

async function readAnswers(broker: Broker) {
  const { state } = await broker.manager.streams.info(RESPONSES)
  const count = Math.min(RATE_OVER, state.messages)
  const first = count > 1 ? await storedAfter(broker, RESPONSES, state.last_seq - count) : undefined
  const rate = first === undefined ? 0 : (1000 * count) / Math.max(1_000, Date.now() - first)
  const checkpoint = await new KeyValue(broker, SENDER_BUCKET).get('checkpoint')
  const settled = checkpoint ? seqIn(checkpoint.value) : 0
  const unsent = settled < state.last_seq ? await storedAfter(broker, RESPONSES, settled) : undefined
  return { stored: state.last_seq, rate, oldestUnsentMs: waitedMs(unsent) }
}

/** At least 1 for what is there: 0 says that there is nothing. */
const waitedMs = (since: number | undefined) => (since === undefined ? 0 : Math.max(1, Date.now() - since))

function seqIn(bytes: Uint8Array): number {
  const { seq } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly seq?: unknown } // CAST: checked below
  return typeof seq === 'number' ? seq : 0
}

async function readLetters(broker: Broker) {
  const { state } = await broker.manager.streams.info(DEAD_LETTERS)
  return { count: state.messages, newestMs: state.messages > 0 ? Date.now() - Date.parse(state.last_ts) : undefined }
}

async function readFullest(broker: Broker): Promise<NodeFacts['fullest']> {
  const streams = [...TABLE.all.map(requestStream), RESPONSES, DEAD_LETTERS]
  const infos = await Promise.all(streams.map(stream => broker.manager.streams.info(stream)))
  const parts = infos.map(({ config, state }) => {
    const span = Date.parse(state.last_ts) - Date.parse(state.first_ts)
    const perMs = state.messages > 1 && span > 60_000 ? state.bytes / span : 0
    const ageMs = config.max_age / 1e6
    // What grows no further than its age lets it is never full.
    const fills = perMs > 0 && (ageMs === 0 || perMs * ageMs > config.max_bytes)
    const fullInMs = fills ? (config.max_bytes - state.bytes) / perMs : undefined
    return { stream: config.name, part: state.bytes / config.max_bytes, fullInMs }
  })
  return parts.toSorted((a, b) => b.part - a.part)[0]
}

async function readMoney(context: CommandContext, broker: Broker, gateway: Rpc) {
  const wallet = await walletAddressOf(context.settings)
  if (!wallet) return undefined
  const [runway, nonce] = await Promise.all([
    runwayOf(broker, gateway, wallet),
    gateway.quantity('eth_getTransactionCount', [wallet, 'latest']),
  ])
  return { runway, nonce: Number(nonce) }
}
