import { ConnectorError, type Hex, type RequestId } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import type { Broker } from '@kms-connector/streams'
import type { Hash } from 'viem'
import type { KeyWatch, PlacedRequest } from '../chain/index.ts'
import type { Devnet } from '../devnet/index.ts'
import { shortId } from './audit.ts'
import { type Whereabouts, whereaboutsOf, whereaboutsText } from './whereabouts.ts'

/** The operations of key management in the order of the ceremony. */
export const KEY_OPERATIONS = ['prep-keygen', 'keygen', 'crsgen', 'prss-init', 'key-reshare'] as const
export type KeyOperation = (typeof KEY_OPERATIONS)[number]

/** How one operation went. */
export interface KeyStep {
  readonly operation: KeyOperation
  readonly id: RequestId
  /** Whether nodes answer on chain; otherwise an outcome in the streams is the end. */
  readonly onChain: boolean
  /** From the request on chain to the consensus, or without one to the outcome of the last node; milliseconds. */
  tookMs: number | undefined
  /** Nodes whose answer the chain or, where there is none, whose stream holds. */
  answeredBy: number
  /** Name of the event with which the consensus was reached. */
  consensusEvent: string | undefined
  /** What the consensus agreed on. */
  digests: readonly Hex[]
  /** Transaction that completed the consensus, or the one that asked where nobody answers. */
  transactionHash: Hash
  /** Where the request is at each node, in their order. */
  whereabouts: readonly Whereabouts[]
}

export interface KeyCeremony {
  /** In the order of {@link KEY_OPERATIONS}. */
  readonly steps: readonly KeyStep[]
  readonly watch: KeyWatch
  /** The key that was made. */
  readonly keyId: RequestId
}

export interface CeremonyOptions {
  /** For all operations together. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Told after every look. */
  readonly onChange?: (step: KeyStep) => void
}

const LOOK_MS = 150
const CRS_BITS = 2048
const ANSWERED_ON_CHAIN: ReadonlySet<KeyOperation> = new Set(['prep-keygen', 'keygen', 'crsgen'])

/**
 * Orders a key, a reference string, the set-up of shared randomness and new shares of the key, one after the other, each
 * when the one before it has its consensus; then waits until every node has settled everything.
 * @param brokers one of every node, in their order
 * @throws ConnectorError DEVNET_TIMEOUT with the whereabouts at every node; DEVNET_CALL_REVERTED when the Gateway refuses an order
 */
export async function runKeyCeremony(
  devnet: Devnet,
  brokers: readonly Broker[],
  options: CeremonyOptions,
): Promise<KeyCeremony> {
  const { keyOwner } = devnet
  const watch = keyOwner.watch()
  const follow = follower(watch, brokers, options)
  const prep = await follow('prep-keygen', await keyOwner.keygen('test'))
  const announced = watch.consensus.get(prep.id)?.[0]
  if (announced?.keyId === undefined) throw new ConnectorError('INTERNAL', `no key is announced for ${prep.id}`)
  const keyId = announced.keyId
  const key = await follow('keygen', { ...announced, id: keyId })
  const crs = await follow('crsgen', await keyOwner.crsgen(CRS_BITS, 'test'))
  const prss = await follow('prss-init', await keyOwner.prssInit())
  const reshare = await follow('key-reshare', await keyOwner.keyReshare(keyId))
  const steps = [prep, key, crs, prss, reshare]
  // Those who were not needed for a consensus answer all the same.
  for (const step of steps) await follow.untilSettled(step)
  return { steps, watch, keyId }
}

function follower(watch: KeyWatch, brokers: readonly Broker[], options: CeremonyOptions) {
  const { timeoutMs, signal, onChange = () => {} } = options
  const deadline = performance.now() + timeoutMs
  const until = async (step: KeyStep, enough: (step: KeyStep) => boolean): Promise<KeyStep> => {
    for (;;) {
      await look(step, watch, brokers)
      onChange(step)
      if (enough(step)) return step
      if (performance.now() > deadline) throw late(step, timeoutMs)
      await sleep(LOOK_MS, signal)
    }
  }
  const follow = async (
    operation: KeyOperation,
    { id, transactionHash }: Pick<PlacedRequest, 'id' | 'transactionHash'>,
  ) => {
    const placedAt = performance.now()
    const onChain = ANSWERED_ON_CHAIN.has(operation)
    const nothing = { tookMs: undefined, answeredBy: 0, consensusEvent: undefined, digests: [], whereabouts: [] }
    const step = await until({ operation, id, onChain, transactionHash, ...nothing }, found =>
      onChain ? watch.consensus.has(id) : isSettled(found),
    )
    step.tookMs = performance.now() - placedAt
    onChange(step)
    return step
  }
  return Object.assign(follow, { untilSettled: (step: KeyStep) => until(step, isSettled) })
}

async function look(step: KeyStep, watch: KeyWatch, brokers: readonly Broker[]): Promise<void> {
  const { id, operation, onChain } = step
  const nodes = brokers.map(broker => whereaboutsOf(broker, { name: operation }, id))
  const [whereabouts] = await Promise.all([Promise.all(nodes), watch.poll()])
  step.whereabouts = whereabouts
  if (!onChain) {
    step.answeredBy = whereabouts.filter(({ outcome }) => outcome?.status === 'completed').length
    return
  }
  step.answeredBy = new Set(watch.votes.get(id)?.map(({ kmsTxSender }) => kmsTxSender)).size
  const [agreed] = watch.consensus.get(id) ?? []
  if (!agreed) return
  step.consensusEvent = agreed.event
  step.digests = agreed.digests
  step.transactionHash = agreed.transactionHash
}

function isSettled({ whereabouts }: KeyStep): boolean {
  return whereabouts.every(({ outcome, dead }) => outcome !== undefined || dead !== undefined)
}

function late({ operation, id, whereabouts }: KeyStep, timeoutMs: number): ConnectorError {
  const nodes = whereabouts.map((where, index) => `node ${index + 1}: ${whereaboutsText(where)}`)
  const text = `${operation} ${shortId(id)} is not done, the ${timeoutMs} ms of the ceremony are up; ${nodes.join('; ')}`
  return new ConnectorError('DEVNET_TIMEOUT', text)
}
