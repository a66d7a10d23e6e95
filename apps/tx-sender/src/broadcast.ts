import { type Rpc, RpcError } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import { type SendVerdict, sendVerdictOf } from './sendVerdict.ts'

export interface SendReply {
  readonly verdict: SendVerdict
  /** Text of the node or of the transport, for the log. */
  readonly detail: string
}

/**
 * Gives signed bytes to a node and, where it gives no clear answer, the same bytes to each of the others, until one says
 * that it has them. Sending the same bytes again is always safe; another transaction for the nonce would not be, and none
 * is made here. What the others refuse proves nothing: they may lag.
 * Never throws: a call without an answer is `unknown`, because the bytes may have arrived.
 */
export async function sendRaw(rpc: Rpc, others: readonly Rpc[], raw: Hex): Promise<SendReply> {
  const first = await sendTo(rpc, raw)
  if (first.verdict !== 'unknown') return first
  for (const other of others) {
    const reply = await sendTo(other, raw)
    if (reply.verdict === 'accepted' || reply.verdict === 'known') return reply
  }
  return first
}

async function sendTo(rpc: Rpc, raw: Hex): Promise<SendReply> {
  try {
    await rpc.raw('eth_sendRawTransaction', [raw])
    return { verdict: 'accepted', detail: '' }
  } catch (fault) {
    if (fault instanceof RpcError) return { verdict: sendVerdictOf(fault.text), detail: fault.text.slice(0, 300) }
    return { verdict: 'unknown', detail: fault instanceof Error ? fault.message.slice(0, 300) : String(fault) }
  }
}
