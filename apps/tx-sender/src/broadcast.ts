import { type Rpc, RpcError } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import { type SendVerdict, sendVerdictOf } from './sendVerdict.ts'

export interface SendReply {
  readonly verdict: SendVerdict
  /** Text of the node or of the transport, for the log. */
  readonly detail: string
}

/**
 * Gives signed bytes to the node. Sending the same bytes again is always safe; these bytes are never changed here.
 * Never throws: a call without an answer is `unknown`, because the bytes may have arrived.
 */
export async function sendRaw(rpc: Rpc, raw: Hex): Promise<SendReply> {
  try {
    await rpc.raw('eth_sendRawTransaction', [raw])
    return { verdict: 'accepted', detail: '' }
  } catch (fault) {
    if (fault instanceof RpcError) return { verdict: sendVerdictOf(fault.text), detail: fault.text.slice(0, 300) }
    return { verdict: 'unknown', detail: fault instanceof Error ? fault.message.slice(0, 300) : String(fault) }
  }
}
