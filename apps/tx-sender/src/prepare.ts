import { type Rpc, RpcError } from '@kms-connector/gateway'
import {
  type Address,
  type CallErrors,
  ConnectorError,
  type ContractCall,
  type Hex,
  toConnectorError,
} from '@kms-connector/protocol'
import { MAX_MESSAGE_BYTES } from '@kms-connector/streams'
import { encodeFunctionData, toFunctionSelector } from 'viem/utils'
import { gasLimit } from './gasLimit.ts'
import type { LearnedGas } from './learnedGas.ts'
import { type EncodedCall, type Preparation, refusalOf } from './refusal.ts'

/** Signed bytes have to fit into a slot, as hex, next to what else a slot says. */
const MAX_DATA_CHARS = MAX_MESSAGE_BYTES - 4_096

export interface PrepareContext {
  readonly rpc: Rpc
  readonly learned: LearnedGas
  readonly wallet: Address
  readonly addressOf: (contract: ContractCall['contract']) => Address
}

/** Hashing the signature of a function takes longer than encoding a call of it. */
const selectors = new WeakMap<ContractCall['function'], Hex>()

export function calldata({ function: abiFunction, args }: ContractCall): Hex {
  const selector = selectors.get(abiFunction) ?? toFunctionSelector(abiFunction)
  selectors.set(abiFunction, selector)
  return encodeFunctionData({ abi: [abiFunction], functionName: selector, args })
}

/**
 * Asks the contract whether it takes an answer of our wallet, and with how much gas. No nonce is held meanwhile. An answer of
 * a form that was estimated lately is called with that much gas; where that fails, for whatever reason, and for every other
 * answer, the gas is estimated, and what the contract says then counts. Never throws.
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
    const encoded = { to: context.addressOf(call.contract), data }
    const transaction = { from: context.wallet, ...encoded }
    const enough =
      (reverted === 0 && (await triedGas(context, transaction))) || (await estimatedGas(context, transaction))
    return { kind: 'ready', gas: gasLimit(call.function.name, enough, reverted), call: encoded }
  } catch (fault) {
    if (fault instanceof RpcError) return refusalOf(fault, errors)
    const error = toConnectorError(fault)
    return { kind: error.code.startsWith('RPC_') ? 'unanswered' : 'retry', error }
  }
}

type Trial = EncodedCall & { readonly from: Address }

/** @returns gas with which the contract takes the answer at the latest block; undefined when that has to be estimated */
async function triedGas({ rpc, learned }: PrepareContext, transaction: Trial): Promise<bigint | undefined> {
  const guess = learned.guess(formOf(transaction), Date.now())
  if (guess === undefined) return undefined
  try {
    await rpc.raw('eth_call', [{ ...transaction, gas: `0x${guess.toString(16)}` }, 'latest'])
    return guess
  } catch (fault) {
    if (fault instanceof RpcError) return undefined
    throw fault
  }
}

async function estimatedGas({ rpc, learned }: PrepareContext, transaction: Trial): Promise<bigint> {
  const estimate = await rpc.raw('eth_estimateGas', [transaction, 'latest'])
  if (typeof estimate !== 'string') throw rpc.nonsense('eth_estimateGas', estimate)
  learned.learn(formOf(transaction), BigInt(estimate), Date.now())
  return BigInt(estimate)
}

function formOf({ to, data }: Trial): string {
  return `${to} ${data.slice(0, 10)} ${data.length}`
}

function tooLarge(data: Hex): ConnectorError {
  return new ConnectorError('MESSAGE_TOO_LARGE', `calldata of ${(data.length - 2) / 2} bytes fits into no slot`)
}
