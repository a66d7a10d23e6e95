import { ERRORS, type Origin } from '@kms-connector/protocol'
import type { Facts } from './facts.ts'
import { type RequestState, type Standing, standingOf } from './requestState.ts'

/** The public answer about one request, as `openapi.json` describes it. Times are ISO 8601 in UTC. */
export interface RequestStatus {
  readonly id: string
  readonly operation: string
  readonly state: RequestState
  readonly final: boolean
  readonly times: {
    readonly requested?: string
    readonly received?: string
    readonly answered?: string
    readonly sent?: string
    readonly settled?: string
  }
  readonly origin?: {
    readonly chain_id: number
    readonly block_number: number
    readonly block_hash: string
    readonly transaction_hash: string
    readonly log_index: number
  }
  /** Whether the stream of answers holds one; never the answer itself. */
  readonly answer_present: boolean
  readonly transaction?: {
    readonly hash?: string
    readonly nonce?: number
    readonly block_number?: number
    readonly attempts: number
  }
  readonly dead_letter?: {
    readonly code: string
    readonly at: string
    readonly stage?: string
    readonly detail?: string
    readonly hint?: string
  }
  readonly reruns: number
  readonly note?: string
}

const MAX_DETAIL = 500
const FORGOTTEN =
  'The request was acknowledged, so it was answered; the answer and its outcome are not kept any longer.'
const LOST =
  'The request was acknowledged, but there is no answer, outcome or dead letter. The listener runs it again after ' +
  'reconcile_age; kms-connector reconcile does it when it is called.'

/** @returns undefined when nothing is known about the request. Pure. */
export function requestStatusOf(facts: Facts): RequestStatus | undefined {
  const standing = standingOf(facts)
  if (!standing) return undefined
  const { operation, id, first, newestRerun, response, reruns } = facts
  const origin = first?.origin ?? newestRerun?.origin ?? response?.origin
  const deadLetter = standing.state === 'dead' ? deadLetterOf(facts) : undefined
  const transaction = transactionOf(facts)
  return {
    id,
    operation: operation.name,
    state: standing.state,
    final: standing.final,
    times: timesOf(facts, origin, deadLetter?.at),
    ...(origin ? { origin: publicOrigin(origin) } : {}),
    answer_present: response !== undefined,
    ...(transaction ? { transaction } : {}),
    ...(deadLetter ? { dead_letter: deadLetter } : {}),
    reruns,
    ...defined({ note: noteOf(standing) }),
  }
}

function noteOf({ state, forgotten }: Standing): string | undefined {
  if (forgotten) return FORGOTTEN
  return state === 'lost' ? LOST : undefined
}

function timesOf({ first, newestRerun, response, outcome, slot }: Facts, origin: Origin | undefined, diedAt?: string) {
  const requestedAt = origin?.blockTimestamp === undefined ? outcome?.requestedAt : origin.blockTimestamp * 1_000
  const settled = iso(outcome?.settledAt) ?? diedAt
  return defined({
    requested: iso(requestedAt),
    received: iso((first ?? newestRerun)?.storedAt),
    answered: iso(response?.answeredAt ?? outcome?.answeredAt),
    sent: iso(outcome?.sentAt ?? slot?.firstSignedAt),
    ...(settled === undefined ? {} : { settled }),
  })
}

function publicOrigin(origin: Origin) {
  return {
    chain_id: origin.chainId,
    block_number: origin.blockNumber,
    block_hash: origin.blockHash,
    transaction_hash: origin.transactionHash,
    log_index: origin.logIndex,
  }
}

function transactionOf({ outcome, slot }: Facts): RequestStatus['transaction'] {
  if (outcome) {
    const { transactionHash: hash, nonce, blockNumber: block_number, attempts } = outcome
    if (hash === undefined && nonce === undefined && attempts === 0) return undefined
    return { ...defined({ hash, nonce, block_number }), attempts }
  }
  return slot && { hash: slot.hash, nonce: slot.nonce, attempts: slot.attempts }
}

/** The newest dead letter; when an operator has removed it, what the outcome still says. */
function deadLetterOf({ burials, outcome }: Facts): RequestStatus['dead_letter'] {
  const newest = burials.toSorted((a, b) => b.storedAt - a.storedAt)[0]
  const code = newest?.code ?? outcome?.reason ?? 'INTERNAL'
  const at = iso(newest?.at) ?? iso(newest?.storedAt ?? outcome?.storedAt)
  const hint = Object.entries(ERRORS).find(([known]) => known === code)?.[1].hint
  const detail = newest?.detail.slice(0, MAX_DETAIL)
  return { code, at: at ?? new Date(0).toISOString(), ...defined({ stage: newest?.stage, detail, hint }) }
}

function iso(ms: number | undefined): string | undefined {
  const date = ms === undefined ? undefined : new Date(ms)
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** Leaves out what is undefined, as JSON would. */
function defined<T extends Readonly<Record<string, unknown>>>(fields: T): Defined<T> {
  // CAST: exactly the entries that are undefined are gone.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}
