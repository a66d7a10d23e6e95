import type { Rpc } from '@kms-connector/gateway'
import { type Address, decodeOutcome } from '@kms-connector/protocol'
import { type Broker, messageAt, OUTCOMES } from '@kms-connector/streams'
import { age } from '../table.ts'

export interface Runway {
  readonly balance: bigint
  /** What an answer has cost lately, wei. */
  readonly cost: bigint
  /** Answers that the balance pays for. */
  readonly answers: number
  /** How long it lasts at the rate of the kept outcomes, milliseconds; undefined without a rate. */
  readonly lastsMs: number | undefined
}

/** Outcomes whose receipts tell the cost of an answer. */
const SAMPLES = 8
/** What an answer takes while none was sent yet. */
const USUAL_GAS = 400_000n
const SHORTEST_MS = 60_000

/** How long the wallet lasts, from the receipts and the rate of its own last answers. @throws ConnectorError */
export async function runwayOf(broker: Broker, gateway: Rpc, wallet: Address): Promise<Runway> {
  const { state } = await broker.manager.streams.info(OUTCOMES)
  const [balance, gasPrice, costs] = await Promise.all([
    gateway.quantity('eth_getBalance', [wallet, 'latest']),
    gateway.quantity('eth_gasPrice'),
    lastCosts(broker, gateway, state.last_seq),
  ])
  const cost = costs.length > 0 ? costs.reduce((a, b) => a + b, 0n) / BigInt(costs.length) : gasPrice * USUAL_GAS
  const answers = cost > 0n ? Number(balance / cost) : Number.POSITIVE_INFINITY
  const span = Math.max(SHORTEST_MS, Date.now() - Date.parse(state.first_ts))
  const lastsMs = state.messages > 1 && Number.isFinite(answers) ? (answers * span) / state.messages : undefined
  return { balance, cost, answers, lastsMs }
}

const YEAR_MS = 365 * 86_400_000

/** How long something lasts, for people: what is longer than a year is no news. */
export function lastsText(ms: number): string {
  return ms > YEAR_MS ? 'more than a year' : age(ms)
}

async function lastCosts(broker: Broker, gateway: Rpc, lastSeq: number): Promise<readonly bigint[]> {
  const sequences = Array.from({ length: SAMPLES }, (_, i) => lastSeq - i).filter(seq => seq > 0)
  const costs = sequences.map(async seq => {
    const message = await messageAt(broker, OUTCOMES, seq)
    const hash = message && decodeOutcome(message.body).transactionHash
    const receipt = hash && (await gateway.call('eth_getTransactionReceipt', [hash]))
    return receipt ? costOf(receipt) : undefined
  })
  return (await Promise.all(costs)).filter(cost => cost !== undefined)
}

function costOf(receipt: unknown): bigint | undefined {
  const { gasUsed, effectiveGasPrice } = receipt as Readonly<Record<string, unknown>> // CAST: read with care
  if (typeof gasUsed !== 'string' || typeof effectiveGasPrice !== 'string') return undefined
  return BigInt(gasUsed) * BigInt(effectiveGasPrice)
}
