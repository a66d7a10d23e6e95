import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { ConnectorError } from '@kms-connector/protocol'
import { KeyValue, SENDER_BUCKET } from '@kms-connector/streams'
import { type NonceOrder, nonceOrderFault, readOrder, type StoredOrder, writeOrder } from '@kms-connector/tx-sender'
import { COMMAND_EXIT, type CommandExit, WrongUse } from './command.ts'
import type { CommandContext } from './commandContext.ts'
import { factsOf, type NonceReport, readNonces } from './nonceFacts.ts'

const LOOK_MS = 200
/** How long the sender may take to answer an order. */
const PATIENCE_MS = 60_000

export interface NonceCommand {
  readonly action: NonceOrder['action']
  /** As it was written. */
  readonly nonce: string
  /** Carry it out, rather than say what would be done. */
  readonly yes: boolean
  /** What it does, for the dry run. */
  readonly effect: (nonce: number, report: NonceReport) => string
}

/**
 * Gives the active sender an order about a nonce and waits for its answer; without `yes` only says what it would do.
 * @throws WrongUse, or ConnectorError NONCE_ORDER_REFUSED and those of reading
 */
export async function orderNonce(
  context: CommandContext,
  { action, nonce: text, yes, effect }: NonceCommand,
): Promise<CommandExit> {
  const nonce = Number(text)
  if (!/^\d{1,15}$/.test(text)) throw new WrongUse(`"${text}" is no nonce`)
  const report = await readNonces(context)
  const fault = nonceOrderFault({ action, nonce }, factsOf(report))
  if (fault !== undefined) throw new ConnectorError('NONCE_ORDER_REFUSED', fault, { nonce })
  context.print(effect(nonce, report))
  if (!yes) {
    context.print('', 'nothing was done: repeat it with --yes')
    return COMMAND_EXIT.done
  }
  if (report.leader === 'nobody' || report.leader === undefined) {
    throw new ConnectorError('NONCE_ORDER_REFUSED', 'no sender acts: start one, only it may touch nonces')
  }
  const bucket = new KeyValue(await context.broker(), SENDER_BUCKET)
  const by = `${userInfo().username}@${hostname()}`
  const order: NonceOrder = { order: randomUUID(), action, nonce, by, orderedAt: Date.now(), state: 'waiting' }
  await context.step('giving the order', signal => writeOrder(bucket, order, report.order, signal))
  const answer = await answerTo(context, bucket, order)
  context.print(`${answer.state}: ${answer.detail ?? ''}`)
  return answer.state === 'done' ? COMMAND_EXIT.done : COMMAND_EXIT.problems
}

async function answerTo(context: CommandContext, bucket: KeyValue, order: NonceOrder): Promise<StoredOrder> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; ) {
    const newest = await context.step('waiting for the sender', signal => readOrder(bucket, signal))
    if (newest?.order === order.order && newest.state !== 'waiting') return newest
    await delay(LOOK_MS)
  }
  const detail = 'the sender has not answered yet; the order stays, look later with nonce show'
  throw new ConnectorError('NONCE_ORDER_REFUSED', detail)
}
