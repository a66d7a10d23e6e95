import { newestRun, standingOf } from '@kms-connector/request-status'
import { answerVerdict } from './answerVerdict.ts'
import { type BrokerFacts, type ChainEvent, isBlind, type RequestFacts } from './requestFacts.ts'
import { unpublishedVerdict } from './unpublishedVerdict.ts'
import { fullVerdict, hintOf, notRegistered, stuck, type Verdict, waiting } from './verdictParts.ts'

/**
 * Decides, from facts alone, why a request is not answered. What ended it wins, then what is in its way at the stage that
 * it has reached, in the order in which that stage works. Pure and total.
 */
export function verdictOf(facts: RequestFacts): Verdict {
  const { broker } = facts
  const seen = ownAnswer(facts)
  if (seen && broker?.stored.outcome === undefined) {
    const what = `our answer is on chain in ${seen.transactionHash}, block ${seen.blockNumber}; the streams hold no outcome of it`
    return { code: 'ANSWERED', status: 'done', what, fix: 'Nothing to do.' }
  }
  if (!broker) {
    const why = facts.gaps.find(gap => gap.startsWith('NATS')) ?? 'NATS could not be read'
    return stuck('BROKER_UNAVAILABLE', why, hintOf('BROKER_UNAVAILABLE'))
  }
  const { outcome, response } = broker.stored
  if (outcome && outcome.status !== 'dead') return answered(facts, outcome.status)
  const standing = standingOf(broker.stored)
  if (standing?.state === 'dead') return deadLetter(facts, broker)
  if (standing?.forgotten) {
    const text = 'it was answered so long ago that the streams do not hold the answer any more'
    return { code: 'ANSWERED', status: 'done', what: text, fix: 'Nothing to do.' }
  }
  if (standing?.state === 'lost') return lost(facts)
  if (response) return answerVerdict(facts, broker)
  return newestRun(broker.stored) ? workVerdict(facts, broker) : unpublishedVerdict(facts, broker)
}

/** An answer of our wallet among the logs of the chain. */
function ownAnswer({ chain, wallet }: RequestFacts): ChainEvent | undefined {
  const own = wallet?.address.toLowerCase()
  return own === undefined
    ? undefined
    : chain?.events.find(({ sender, name }) => sender === own && !name.endsWith('Request'))
}

/** A request on its stream without an answer: what would a worker meet? */
function workVerdict({ work, wallet, operation }: RequestFacts, broker: BrokerFacts): Verdict {
  const full = fullVerdict(broker, 'the worker cannot store its answer')
  if (full) return full
  if (wallet?.unregisteredNode) return notRegistered(wallet.unregisteredNode, 'workers refuse to start with it')
  const obstacles = [work.access, work.ciphertexts, work.core].filter(seen => typeof seen === 'object')
  const obstacle = obstacles.find(seen => !isBlind(seen))
  if (obstacle) return stuck(obstacle.code, obstacle.detail, hintOf(obstacle.code))
  const { workers } = broker.stored
  const run = newestRun(broker.stored)
  const held = workers?.held ?? 0
  if (broker.waitingWorkers === 0 && held === 0) {
    const text = `no kms-worker reads ${operation} requests`
    return stuck('NO_WORKER', text, 'Start a kms-worker, or read the log of the one that ended.')
  }
  const [blind] = obstacles
  if (blind) return stuck(blind.code, blind.detail, hintOf(blind.code))
  if (run && workers && run.seq > workers.deliveredSeq) {
    const ahead = run.seq - workers.deliveredSeq - 1
    const text = `${ahead} requests of its kind are before it; workers hold ${held}`
    return waiting('QUEUED', text, 'Wait; if the queue grows, start more workers or look at the KMS Core.')
  }
  const text = 'a worker has it: it computes, or waits for its next attempt'
  return waiting('WORKING', text, 'Wait; the log of the workers by request_id tells how each attempt ended.')
}

function answered({ broker }: RequestFacts, status: string): Verdict {
  const { outcome } = broker?.stored ?? {}
  const where = outcome?.transactionHash ? ` in ${outcome.transactionHash}, block ${outcome.blockNumber}` : ''
  const what = status === 'confirmed' ? 'our answer is on chain' : `it ended as ${status}`
  return { code: 'ANSWERED', status: 'done', what: `${what}${where}`, fix: 'Nothing to do.' }
}

/** Nothing to wait for: no worker will see it again unless somebody publishes it anew. */
function lost({ operation }: RequestFacts): Verdict {
  const what = `workers acknowledged it, yet there is no answer, outcome or dead letter of this ${operation}`
  const fix =
    'kms-connector reconcile --age 1m (a gw-listener does it after its reconcile_age); then find out who took it: docs/runbooks/RequestsLost.md'
  return stuck('REQUEST_LOST', what, fix)
}

function deadLetter({ id }: RequestFacts, { stored }: BrokerFacts): Verdict {
  const newest = stored.burials.toSorted((a, b) => b.storedAt - a.storedAt)[0]
  const code = newest?.code ?? stored.outcome?.reason ?? 'INTERNAL'
  const by = newest ? `${newest.stage} gave it up: ${newest.detail}` : `it was given up: ${code}`
  const fix = `${hintOf(code)} Then: kms-connector dlq replay ${id}`
  return stuck('DEAD_LETTER', `${by}`, fix)
}
