import { idIn, type Observed, type StoredMessage } from './observed.ts'

/** Something that is not as it must be. */
export interface Finding {
  readonly rule: string
  /** Request that it is about. */
  readonly id?: string
  readonly text: string
}

export interface Verdict {
  readonly findings: readonly Finding[]
  /** Allowed, and counted. */
  readonly counts: {
    readonly requests: number
    readonly answers: number
    readonly transactions: number
    readonly reverted: number
    /** Nonces given up to an empty transaction. */
    readonly burned: number
    readonly reruns: number
  }
}

/** Reverted duplicates, as a share of the requests, that are still luck and not a fault. */
const MOST_REVERTED = 0.1

/**
 * Judges what a run left behind, from plain facts alone. Shares no code with the product: what a request, an answer, a
 * slot or a cursor must look like is said here once more, by somebody who only knows the promises.
 */
export function check(observed: Observed): Verdict {
  const emitted = new Set(observed.chain.requests.map(({ id }) => id))
  const reverted = observed.chain.transactions.filter(({ succeeded }) => !succeeded).length
  const reruns = observed.streams.requests.filter(({ subject }) => /\.r\d+$/.test(subject)).length
  const findings = [
    ...checkWorld(observed, emitted),
    ...checkAnswers(observed, emitted),
    ...checkNonces(observed),
    ...checkLedger(observed),
    ...checkMessages(observed, emitted),
    ...checkOutcomes(observed, emitted),
    ...checkPositions(observed),
  ]
  if (reverted > Math.max(3, emitted.size * MOST_REVERTED))
    findings.push({ rule: 'reverted', text: `${reverted} transactions of the wallet reverted` })
  return {
    findings,
    counts: {
      requests: emitted.size,
      answers: observed.chain.answers.length,
      transactions: observed.chain.transactions.length,
      reverted,
      burned: observed.chain.transactions.filter(({ id }) => id === '').length,
      reruns,
    },
  }
}

/** The other side must have kept its word, or the run says nothing. */
function checkWorld({ placed, chain }: Observed, emitted: ReadonlySet<string>): Finding[] {
  const gone = placed.filter(id => !emitted.has(id))
  const findings: Finding[] = gone.map(id => ({ rule: 'world', id, text: 'placed, and not on chain any more' }))
  if (chain.requests.length !== emitted.size) findings.push({ rule: 'world', text: 'the chain emitted an id twice' })
  const strays = [...emitted].filter(id => !placed.includes(id))
  return [...findings, ...strays.map(id => ({ rule: 'world', id, text: 'on chain, and not placed by us' }))]
}

function checkAnswers({ chain }: Observed, emitted: ReadonlySet<string>): Finding[] {
  const answers = countOf(chain.answers)
  const consensus = countOf(chain.consensus)
  const findings: Finding[] = []
  for (const id of emitted) {
    const count = answers.get(id) ?? 0
    if (count === 0) findings.push({ rule: 'missing answer', id, text: 'no answer on chain' })
    if (count > 1) findings.push({ rule: 'double answer', id, text: `${count} effective answers on chain` })
    if (count === 1 && consensus.get(id) !== 1)
      findings.push({ rule: 'consensus', id, text: `${consensus.get(id) ?? 0} times consensus` })
  }
  for (const id of answers.keys())
    if (!emitted.has(id)) findings.push({ rule: 'answer without request', id, text: 'answered, and never asked' })
  return [...findings, ...chain.plaintextFaults.map(({ id, text }) => ({ rule: 'plaintext', id, text }))]
}

function checkNonces({ chain }: Observed): Finding[] {
  const { latest, pending } = chain.nonces
  const used = countOf(chain.transactions.map(({ nonce }) => nonce))
  const findings: Finding[] = []
  for (let nonce = 0; nonce < latest; nonce++) {
    const count = used.get(nonce) ?? 0
    if (count !== 1) findings.push({ rule: 'nonce gap', text: `nonce ${nonce} was mined ${count} times` })
  }
  if (chain.transactions.length !== latest)
    findings.push({
      rule: 'nonce gap',
      text: `${chain.transactions.length} transactions, and the next nonce is ${latest}`,
    })
  if (pending !== latest)
    findings.push({ rule: 'nonce gap', text: `transactions wait at the node: nonces ${latest} to ${pending - 1}` })
  return findings
}

function checkLedger({ buckets }: Observed): Finding[] {
  return buckets.slots.map(({ subject, body }) => ({
    rule: 'open slot',
    ...(typeof body?.['id'] === 'string' ? { id: body['id'] } : {}),
    text: `${subject} is still in the ledger`,
  }))
}

/** One request, one response and one outcome a request, nothing for what was never asked, nothing given up. */
function checkMessages({ streams }: Observed, emitted: ReadonlySet<string>): Finding[] {
  const originals = streams.requests.filter(({ subject }) => !/\.r\d+$/.test(subject))
  return [
    ...checkStream('request', originals, emitted),
    ...checkStream('response', streams.responses, emitted),
    ...checkStream('outcome', streams.outcomes, emitted),
    ...streams.deadLetters.map(({ subject, body }) => ({
      rule: 'dead letter',
      ...idOf(subject),
      text: `${subject} ${JSON.stringify(body ?? {}).slice(0, 300)}`,
    })),
  ]
}

function checkStream(name: string, messages: readonly StoredMessage[], emitted: ReadonlySet<string>): Finding[] {
  const counts = countOf(messages.map(({ subject }) => idIn(subject) ?? subject))
  const findings: Finding[] = []
  for (const id of emitted) {
    const count = counts.get(id) ?? 0
    if (count !== 1) findings.push({ rule: `${name} messages`, id, text: `${count} ${name} messages` })
  }
  for (const id of counts.keys())
    if (!emitted.has(id)) findings.push({ rule: `${name} messages`, id, text: `a ${name} for what was never asked` })
  return findings
}

/** What an outcome claims must be on chain, and no two may claim the same nonce. */
function checkOutcomes({ streams, chain }: Observed, emitted: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = []
  const byHash = new Map(chain.transactions.map(transaction => [transaction.hash, transaction]))
  const claimed = new Map<unknown, string>()
  for (const { subject, body } of streams.outcomes) {
    const id = idIn(subject)
    if (id === undefined || !emitted.has(id)) continue
    const { status, nonce, transactionHash } = body ?? {}
    if (status === 'already-answered' && nonce === undefined) continue
    if (status !== 'confirmed' && status !== 'already-answered') {
      findings.push({ rule: 'outcome', id, text: `ended as ${String(status)}` })
      continue
    }
    if (nonce !== undefined && claimed.has(nonce))
      findings.push({
        rule: 'duplicate slot',
        id,
        text: `nonce ${String(nonce)} is also that of ${claimed.get(nonce)}`,
      })
    claimed.set(nonce, id)
    const transaction = byHash.get(String(transactionHash))
    if (status !== 'confirmed') continue
    if (!transaction) findings.push({ rule: 'outcome', id, text: `${String(transactionHash)} is not on chain` })
    else if (!transaction.succeeded || transaction.nonce !== nonce || transaction.id !== id)
      findings.push({
        rule: 'outcome',
        id,
        text: `says nonce ${String(nonce)}, the chain ${JSON.stringify(transaction)}`,
      })
  }
  return findings
}

/** Cursor of an event type: behind its last request, not ahead of the chain. Checkpoint: the last response. */
function checkPositions({ chain, buckets, streams }: Observed): Finding[] {
  const findings: Finding[] = []
  const last = {
    'public-decryption': lastBlock(chain.requests, '01'),
    'user-decryption': lastBlock(chain.requests, '02'),
  }
  for (const [operation, block] of Object.entries(last)) {
    const cursor = buckets.cursors.find(({ subject }) => subject.endsWith(`.${operation}`))
    const at = Number(cursor?.body?.['block'] ?? -1)
    if (at < block)
      findings.push({ rule: 'cursor', text: `${operation}: at ${at}, the last request is in block ${block}` })
  }
  for (const { subject, body } of buckets.cursors) {
    if (Number(body?.['block']) > chain.head)
      findings.push({
        rule: 'cursor',
        text: `${subject}: at ${String(body?.['block'])}, ahead of the chain at ${chain.head}`,
      })
  }
  const checkpoint = buckets.sender.find(({ subject }) => subject.endsWith('.checkpoint'))?.body
  const lastResponse = Math.max(0, ...streams.responses.map(({ seq }) => seq))
  if (Number(checkpoint?.['seq'] ?? 0) !== lastResponse)
    findings.push({
      rule: 'checkpoint',
      text: `at ${String(checkpoint?.['seq'])}, the last response is ${lastResponse}`,
    })
  if (lastResponse > 0 && checkpoint?.['created'] !== streams.responsesCreated)
    findings.push({
      rule: 'checkpoint',
      text: `of a stream created ${String(checkpoint?.['created'])}, not ${streams.responsesCreated}`,
    })
  return findings
}

function lastBlock(requests: Observed['chain']['requests'], type: string): number {
  return Math.max(-1, ...requests.filter(({ id }) => id.startsWith(type)).map(({ block }) => block))
}

function countOf<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

function idOf(subject: string): { readonly id?: string } {
  const id = idIn(subject)
  return id === undefined ? {} : { id }
}
