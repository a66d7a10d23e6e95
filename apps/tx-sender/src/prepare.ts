import { type RevertMeaning, type Rpc, RpcError, revertMeaning } from '@kms-connector/gateway'
import {
  type Address,
  type CallErrors,
  ConnectorError,
  type ContractCall,
  type ErrorCode,
  type Hex,
  toConnectorError,
} from '@kms-connector/protocol'
import { MAX_MESSAGE_BYTES } from '@kms-connector/streams'
import { encodeFunctionData } from 'viem'
import { gasLimit } from './gasLimit.ts'
import { sendVerdictOf } from './sendVerdict.ts'

/** Signed bytes have to fit into a slot, as hex, next to what else a slot says. */
const MAX_DATA_CHARS = MAX_MESSAGE_BYTES - 4_096

/** What the contract would say to an answer right now. */
export type Preparation =
  | { readonly kind: 'ready'; readonly gas: bigint }
  /** The chain holds our answer already. */
  | { readonly kind: 'answered'; readonly detail: string }
  /** The contract refuses it for now. */
  | { readonly kind: 'retry'; readonly error: ConnectorError }
  /** The node gave no verdict of the contract, which says nothing about the answer. */
  | { readonly kind: 'unanswered'; readonly error: ConnectorError }
  | { readonly kind: 'park'; readonly code: ErrorCode; readonly error: ConnectorError }
  | { readonly kind: 'dead'; readonly error: ConnectorError }

export interface PrepareContext {
  readonly rpc: Rpc
  readonly wallet: Address
  readonly addressOf: (contract: ContractCall['contract']) => Address
}

export function calldata({ function: abiFunction, args }: ContractCall): Hex {
  return encodeFunctionData({ abi: [abiFunction], functionName: abiFunction.name, args })
}

/**
 * Estimates gas for an answer with our wallet as caller, which is also the simulation that tells whether the contract
 * takes it. No nonce is held meanwhile. Never throws.
 * @param callOf builds the call; an answer that it cannot be built for is retried like a refused one
 * @param reverted transactions for this answer that were mined but reverted
 */
export async function prepareAnswer(
  context: PrepareContext,
  callOf: () => ContractCall,
  reverted: number,
): Promise<Preparation> {
  let errors: CallErrors | undefined
  try {
    const call = callOf()
    errors = call.errors
    const data = calldata(call)
    if (data.length > MAX_DATA_CHARS) return { kind: 'dead', error: tooLarge(data) }
    const transaction = { from: context.wallet, to: context.addressOf(call.contract), data }
    const estimate = await context.rpc.raw('eth_estimateGas', [transaction])
    if (typeof estimate !== 'string') throw context.rpc.nonsense('eth_estimateGas', estimate)
    return { kind: 'ready', gas: gasLimit(call.function.name, BigInt(estimate), reverted) }
  } catch (fault) {
    if (fault instanceof RpcError) return refusal(fault, errors)
    const error = toConnectorError(fault)
    return { kind: error.code.startsWith('RPC_') ? 'unanswered' : 'retry', error }
  }
}

function tooLarge(data: Hex): ConnectorError {
  return new ConnectorError('MESSAGE_TOO_LARGE', `calldata of ${(data.length - 2) / 2} bytes fits into no slot`)
}

function refusal(fault: RpcError, errors: CallErrors | undefined): Preparation {
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
