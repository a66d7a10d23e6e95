import type { Address, RequestId } from '@kms-connector/protocol'
import type { Broker } from '@kms-connector/streams'
import type { AnswerWatch } from '../chain/index.ts'
import type { Devnet, DevnetNode } from '../devnet/index.ts'
import type { PendingRequest } from './placeRequest.ts'
import { type Whereabouts, whereabouts, whereaboutsText } from './whereabouts.ts'

/** How the pipeline of one node ended the requests. */
export interface NodeAudit {
  readonly party: number
  readonly settled: number
  /** Nonces that outcomes name, lowest first. */
  readonly nonces: readonly number[]
  /** What is not as it must be, one sentence each. */
  readonly faults: readonly string[]
}

/**
 * Checks in the events of the chain that every request was answered exactly once by every node.
 * @returns a sentence for each request that was not
 */
export function auditChain(devnet: Devnet, watch: AnswerWatch, requests: readonly PendingRequest[]): string[] {
  return requests.flatMap(({ id, kind }) => {
    const short = shortId(id)
    if (kind !== 'public') {
      const shares = watch.userShares.get(id)?.length ?? 0
      return shares === devnet.nodes.length
        ? []
        : [`${short}: ${shares} shares of ${devnet.nodes.length} nodes on chain`]
    }
    const votes = watch.publicVotes.get(id) ?? []
    const consensus = watch.publicAnswers.get(id)?.length ?? 0
    const counts = devnet.nodes.map(({ wallet }) => votes.filter(vote => vote.kmsTxSender === wallet.address).length)
    const faults = counts.some(count => count !== 1) ? [`${short}: answers on chain by node: ${counts.join(', ')}`] : []
    return consensus === 1 ? faults : [...faults, `${short}: ${consensus} consensus events on chain`]
  })
}

/** Reads what the streams of one node say about the requests. */
export async function readWhereabouts(
  broker: Broker,
  requests: readonly PendingRequest[],
): Promise<Map<RequestId, Whereabouts>> {
  const found = new Map<RequestId, Whereabouts>()
  const some = 32
  for (let at = 0; at < requests.length; at += some) {
    const wave = requests.slice(at, at + some)
    const texts = await Promise.all(wave.map(({ kind, id }) => whereabouts(broker, kind, id)))
    for (const [index, { id }] of wave.entries()) found.set(id, texts[index] as Whereabouts) // CAST: same length
  }
  return found
}

/**
 * Compares outcomes with the wallet: every request has one, and the nonces of the outcomes are exactly those that the wallet
 * ever used, none twice, none burned.
 * @param transactionCount transactions of the wallet on chain
 */
export function auditNode(
  { party, wallet }: Pick<DevnetNode, 'party' | 'wallet'>,
  outcomes: ReadonlyMap<RequestId, Whereabouts>,
  transactionCount: number,
): NodeAudit {
  const faults: string[] = []
  const nonces: number[] = []
  for (const [id, found] of outcomes) {
    const { outcome } = found
    const ended = outcome?.status === 'confirmed' || outcome?.status === 'already-answered'
    if (!found.published || !found.answered || found.dead || !ended)
      faults.push(`node ${party}, ${shortId(id)}: ${whereaboutsText(found)}`)
    if (outcome?.nonce !== undefined) nonces.push(outcome.nonce)
  }
  nonces.sort((a, b) => a - b)
  const settled = [...outcomes.values()].filter(({ outcome }) => outcome !== undefined).length
  if (!nonces.every((nonce, index) => nonce === index) || nonces.length !== transactionCount) {
    faults.push(noncesFault(party, wallet.address, nonces, transactionCount))
  }
  return { party, settled, nonces, faults }
}

function noncesFault(party: number, wallet: Address, nonces: readonly number[], transactionCount: number): string {
  const missing = Array.from({ length: transactionCount }, (_, nonce) => nonce).filter(n => !nonces.includes(n))
  const detail = missing.length > 0 ? `, without outcome: ${missing.slice(0, 10).join(', ')}` : ''
  return `node ${party}: the wallet ${wallet} sent ${transactionCount} transactions for ${nonces.length} outcomes${detail}`
}

/** @returns the digits of an id that tell it from others: its type and its counter */
export function shortId(id: RequestId): string {
  return `${id.slice(0, 2)}:${BigInt(`0x${id.slice(2)}`)}`
}
