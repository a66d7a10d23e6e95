import { decodeLog, type RawLog } from '@kms-connector/gateway'
import {
  ConnectorError,
  decodeRequest,
  encodeRequest,
  type OperationTable,
  type Request,
} from '@kms-connector/protocol'
import {
  type Broker,
  type DeadLetter,
  messageAt,
  messageId,
  newestMessage,
  newTrace,
  parseSubject,
  publishOnce,
  requestStream,
  requestSubject,
  responseSubject,
  type SubjectParts,
  traceHeaders,
} from '@kms-connector/streams'
import type { Letter } from './letters.ts'
import { readReplayFacts } from './replayFacts.ts'
import { planAnswerReplay, planConflictReplay, planRequestReplay } from './replayPlan.ts'

/** What is to be stored before a letter may go. */
export type Replay =
  | {
      readonly kind: 'publish'
      readonly subject: string
      readonly msgId: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
    }
  | { readonly kind: 'overtaken' | 'refused'; readonly why: string }

export interface ReplayContext {
  readonly broker: Broker
  readonly table: OperationTable
  /** Chain id of the Gateway, which logs are decoded for; undefined when no settings name it. */
  readonly chainId: number | undefined
  /** Also replay what needs a decision: the second of two requests with one id. */
  readonly force: boolean
}

const refused = (why: string): Replay => ({ kind: 'refused', why })

/**
 * Finds out what replaying a letter takes. Changes nothing.
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function prepareReplay(context: ReplayContext, { content, storedAt }: Letter): Promise<Replay> {
  if (!content) return refused('this build cannot read the letter')
  const { source } = content
  if (!source) return replayOfLog(context, content)
  const parts = parseSubject(source.subject)
  if (parts?.kind !== 'request' && parts?.kind !== 'response')
    return refused(`${source.subject} is no subject of a request or an answer`)
  const operation = { name: parts.operation }
  const facts = await readReplayFacts(context.broker, operation, parts.id)
  const dead = { seq: source.seq, rerun: parts.rerun ?? 0, storedAt }
  const plan = parts.kind === 'request' ? planRequestReplay(dead, facts) : planAnswerReplay(dead, facts)
  if (plan.kind !== 'publish') return plan
  const body = await bodyOf(context.broker, content)
  if (!body) return refused(`the message was too large for the letter and is gone from ${source.stream}`)
  return { kind: 'publish', body, headers: carriedHeaders(content.headers), ...addressOf(parts, plan.rerun) }
}

function addressOf({ kind, operation: name, id }: SubjectParts, rerun: number) {
  const subject = kind === 'request' ? requestSubject({ name }, id, rerun) : responseSubject({ name }, id, rerun)
  return { subject, msgId: messageId(id, rerun) }
}

/** A message that left no room for its story is not repeated in the letter. */
async function bodyOf(broker: Broker, { body, source }: DeadLetter): Promise<Uint8Array | undefined> {
  if (body.length > 0 || !source) return body
  const stored = await messageAt(broker, source.stream, source.seq)
  return stored?.subject === source.subject ? stored.body : undefined
}

/** The trace goes on; what the broker itself wrote or read is for the first message only. */
function carriedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^nats-/i.test(name)))
}

/** A log that could not become a request is decoded again: after an upgrade it may. */
async function replayOfLog(context: ReplayContext, letter: DeadLetter): Promise<Replay> {
  if (letter.code === 'REQUEST_CONFLICT') return replayOfConflict(context, letter)
  if (context.chainId === undefined)
    return refused('gateway_chain_id is missing: give the file of a service with --config')
  const log = logOf(letter.body)
  if (!log) return refused('it holds no whole log: have its block read again (kms-connector backfill --help)')
  const decoded = decodeLog(context.table, context.chainId, log)
  if (decoded.kind !== 'request')
    return refused(decoded.kind === 'foreign' ? 'this build knows no such event' : decoded.error.message)
  const { operation, id } = decoded.request
  const known = await newestMessage(context.broker, requestStream(operation), requestSubject(operation, id))
  if (known) return { kind: 'overtaken', why: `request ${id} is on its stream already` }
  return publication(decoded.request, undefined)
}

/** Two requests with one id: which of them the chain kept is not ours to guess. */
async function replayOfConflict({ broker, table, force }: ReplayContext, { body }: DeadLetter): Promise<Replay> {
  if (!force) return refused('another request with its id came first: compare both on chain; --force replays this one')
  const request = readable(() => decodeRequest(table, body))
  if (!request) return refused('this build cannot read the request')
  const plan = planConflictReplay(await readReplayFacts(broker, request.operation, request.id))
  return plan.kind === 'publish' ? publication(request, plan.rerun) : plan
}

function publication(request: Request, rerun: number | undefined): Replay {
  const { operation, id } = request
  return {
    kind: 'publish',
    subject: requestSubject(operation, id, rerun),
    msgId: messageId(id, rerun),
    headers: traceHeaders(newTrace(), id),
    body: encodeRequest(request),
  }
}

/** The raw log as the listener keeps it, `{"v":1,"log":{...}}`; one that was cut says so with `dataBytes`. */
function logOf(body: Uint8Array): RawLog | undefined {
  const text = Buffer.from(body).toString('utf8')
  const value = readable(() => JSON.parse(text) as { log?: RawLog; dataBytes?: number }) // CAST: written by the listener
  return value?.log && value.dataBytes === undefined && Array.isArray(value.log.topics) ? value.log : undefined
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (fault) {
    if (fault instanceof ConnectorError || fault instanceof SyntaxError) return undefined
    throw fault
  }
}

/**
 * Stores what a replay takes until that is certain.
 * @throws ConnectorError as publishOnce
 */
export async function publishReplay(
  broker: Broker,
  { subject, msgId, headers, body }: Extract<Replay, { kind: 'publish' }>,
  signal: AbortSignal,
): Promise<void> {
  await publishOnce(broker, subject, body, { msgId, headers, signal })
}
