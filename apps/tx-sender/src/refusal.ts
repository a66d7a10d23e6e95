import { type RevertMeaning, type RpcError, revertMeaning } from '@kms-connector/gateway'
import { type Address, type CallErrors, ConnectorError, type ErrorCode, type Hex } from '@kms-connector/protocol'
import { sendVerdictOf } from './sendVerdict.ts'

/** The call of a contract as it is signed. */
export interface EncodedCall {
  readonly to: Address
  readonly data: Hex
}

/** What the contract would say to an answer right now. */
export type Preparation =
  | { readonly kind: 'ready'; readonly gas: bigint; readonly call: EncodedCall }
  /** The chain holds our answer already. */
  | { readonly kind: 'answered'; readonly detail: string }
  /** The contract refuses it for now. */
  | { readonly kind: 'retry'; readonly error: ConnectorError }
  /** The node gave no verdict of the contract, which says nothing about the answer. */
  | { readonly kind: 'unanswered'; readonly error: ConnectorError }
  | { readonly kind: 'park'; readonly code: ErrorCode; readonly error: ConnectorError }
  | { readonly kind: 'dead'; readonly error: ConnectorError }

/**
 * Pure: what an error of `eth_estimateGas` means for an answer.
 * @param errors those that only the called function has
 */
export function refusalOf(fault: RpcError, errors: CallErrors | undefined): Preparation {
  if (fault.data === undefined && sendVerdictOf(fault.text) === 'funds') {
    return { kind: 'park', code: 'WALLET_EMPTY', error: new ConnectorError('WALLET_EMPTY', fault.text.slice(0, 200)) }
  }
  return preparationOf(revertMeaning(fault.data, errors), fault)
}

function preparationOf(meaning: RevertMeaning, fault: RpcError): Preparation {
  switch (meaning.kind) {
    case 'answered':
      return { kind: 'answered', detail: meaning.error }
    case 'park':
      return { kind: 'park', code: meaning.code, error: new ConnectorError(meaning.code, meaning.error, {}, fault) }
    case 'refused':
      return { kind: 'dead', error: new ConnectorError('RESPONSE_REVERTED', meaning.error, {}, fault) }
    default: {
      // A lagging node does not know the request yet; what is unknown may pass. The retry budget ends both.
      const error = new ConnectorError('RPC_REJECTED', `${meaning.error}: ${fault.text.slice(0, 200)}`, {}, fault)
      return { kind: isRevert(fault) ? 'retry' : 'unanswered', error }
    }
  }
}

/** Tells a revert from a node that refuses to work: rate limits, time-outs and crashes are no words of the contract. */
function isRevert({ code, data, text }: RpcError): boolean {
  return data !== undefined || code === 3 || /revert/i.test(text)
}
