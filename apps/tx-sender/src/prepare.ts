import { type Rpc, RpcError } from '@kms-connector/gateway'
import {
  type Address,
  type CallErrors,
  ConnectorError,
  type ContractCall,
  encodeCall,
  type Hex,
  toConnectorError,
} from '@kms-connector/protocol'
import { MAX_MESSAGE_BYTES } from '@kms-connector/streams'
import { gasLimit } from './gasLimit.ts'
import { type Preparation, refusalOf } from './refusal.ts'

/** Signed bytes have to fit into a slot, as hex, next to what else a slot says. */
const MAX_DATA_CHARS = MAX_MESSAGE_BYTES - 4_096

export interface PrepareContext {
  readonly rpc: Rpc
  readonly wallet: Address
  readonly addressOf: (contract: ContractCall['contract']) => Address
}

export function calldata({ function: abiFunction, args }: ContractCall): Hex {
  return encodeCall(abiFunction, args)
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
    if (fault instanceof RpcError) return refusalOf(fault, errors)
    const error = toConnectorError(fault)
    return { kind: error.code.startsWith('RPC_') ? 'unanswered' : 'retry', error }
  }
}

function tooLarge(data: Hex): ConnectorError {
  return new ConnectorError('MESSAGE_TOO_LARGE', `calldata of ${(data.length - 2) / 2} bytes fits into no slot`)
}
