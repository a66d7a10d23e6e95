import type { ChainEvent, RequestFacts } from './requestFacts.ts'

/** One thing that happened to a request. */
export interface TimelineEntry {
  /** Milliseconds since the epoch; undefined where nobody tells, which sorts behind what it follows. */
  readonly at: number | undefined
  /** Who did it: `gateway`, `listener`, `worker`, `sender`, `dead letters`. */
  readonly by: string
  readonly what: string
  /** Where to look next. */
  readonly look: string
}

/**
 * Everything that is known to have happened to one request, across chain, streams, ledger and transactions, in the order in
 * which one follows from the other. Clocks are those of whoever tells: block times have whole seconds, so the time of a
 * block can be before that of the transaction in it. Pure.
 */
export function timelineOf(facts: RequestFacts): readonly TimelineEntry[] {
  const [asked, ...answers] = chainEntries(facts)
  const work = streamEntries(facts).toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
  const sent = senderEntries(facts)
  const settled = facts.broker?.stored.outcome ? sent.splice(-1) : []
  return [...(asked ? [asked] : []), ...work, ...sent, ...answers, ...settled]
}

function chainEntries({ chain, broker, operation }: RequestFacts): TimelineEntry[] {
  const { stored } = broker ?? {}
  const origin = stored?.first?.origin ?? stored?.newestRerun?.origin ?? stored?.response?.origin
  const asked = chain?.events.find(({ name }) => isRequest(name))
  const block = origin?.blockNumber ?? asked?.blockNumber ?? chain?.requestBlock
  if (block === undefined) return []
  const transaction = origin?.transactionHash ?? asked?.transactionHash
  const at = asked?.at ?? (origin?.blockTimestamp === undefined ? undefined : origin.blockTimestamp * 1000)
  const what = `${operation} was asked for in block ${block}`
  const request: TimelineEntry = { at, by: 'gateway', what, look: transaction ? `transaction ${transaction}` : '' }
  return [request, ...(chain?.events ?? []).filter(({ name }) => !isRequest(name)).map(eventEntry)]
}

const isRequest = (name: string) => name.endsWith('Request')

const MEANINGS: Readonly<Record<string, string>> = {
  PublicDecryptionResponseCall: 'the contract took the answer of a node',
  PublicDecryptionResponse: 'consensus: the contract published the result',
  UserDecryptionResponse: 'the contract took the share of a node',
  UserDecryptionResponseThresholdReached: 'consensus: enough shares for the user',
}

function eventEntry({ name, blockNumber, transactionHash, at }: ChainEvent): TimelineEntry {
  const meaning = MEANINGS[name] ?? `event ${name}`
  return { at, by: 'gateway', what: `${meaning}, block ${blockNumber}`, look: `transaction ${transactionHash}` }
}

function streamEntries({ id, operation, broker }: RequestFacts): TimelineEntry[] {
  if (!broker) return []
  const { first, newestRerun, reruns, response, burials } = broker.stored
  const stream = operation.toUpperCase().replaceAll('-', '_')
  const get = (name: string, seq: number) => `nats stream get ${name} ${seq}`
  return [
    ...(first
      ? [entry(first.storedAt, 'listener', `published as ${first.seq} of ${stream}`, get(stream, first.seq))]
      : []),
    ...(newestRerun
      ? [entry(newestRerun.storedAt, 'operator', `run again, ${reruns} time(s)`, get(stream, newestRerun.seq))]
      : []),
    ...burials.map(({ stage, code, detail, storedAt }) =>
      entry(storedAt, stage, `gave it up: ${code}, ${detail}`, `kms-connector dlq show ${id}`),
    ),
    ...(response
      ? [
          entry(
            response.answeredAt,
            'worker',
            'the KMS Core answered, the answer was verified and stored',
            `nats stream get RESPONSES -S kms.response.${operation}.${id}`,
          ),
        ]
      : []),
  ]
}

function senderEntries({ id, operation, broker }: RequestFacts): TimelineEntry[] {
  if (!broker) return []
  const { slot, outcome } = broker.stored
  const entries: TimelineEntry[] = []
  if (slot) {
    const what = `signed with nonce ${slot.nonce}, ${slot.attempts} transaction(s), newest ${slot.hash}`
    entries.push(entry(slot.firstSignedAt, 'sender', what, `nats kv get tx_slots slot.${slot.nonce}`))
  }
  if (!outcome) return entries
  const { sentAt, nonce, attempts, status, blockNumber, transactionHash, settledAt, reason } = outcome
  if (sentAt !== undefined && nonce !== undefined) {
    const what = `sent with nonce ${nonce}, ${attempts} transaction(s)`
    entries.push(entry(sentAt, 'sender', what, `transaction ${transactionHash ?? '?'}`))
  }
  const where = blockNumber === undefined ? '' : `, block ${blockNumber}`
  const look = `nats stream get OUTCOMES -S kms.outcome.${operation}.${id}`
  entries.push(entry(settledAt, 'sender', `settled: ${status}${where}${reason ? `, ${reason}` : ''}`, look))
  return entries
}

const entry = (at: number, by: string, what: string, look: string): TimelineEntry => ({ at, by, what, look })
