import type { Address, Hex } from '@kms-connector/protocol'
import type { Abi, AbiFunction } from 'viem'
import { decodeFunctionResult, encodeFunctionData, toFunctionSelector } from 'viem/utils'
import { readHex } from './nodeValue.ts'
import type { RpcReader } from './rpcReader.ts'

/** A function by its selector, which is how the encoder finds it without a search. */
interface PreparedCall {
  readonly abi: readonly [AbiFunction]
  readonly functionName: Hex
}

/** Finding a function and hashing its signature costs ten times the encoding itself; it is done once. */
const prepared = new WeakMap<Abi, Map<string, PreparedCall>>()

/**
 * Reads one view function at the latest block.
 * @throws ConnectorError RPC_UNAVAILABLE, or RPC_REJECTED: with a cause when the call reverts or the contract returns
 *   something else, without one when the node answers with no bytes at all
 */
export async function readContract(
  reader: RpcReader,
  abi: Abi,
  address: Address,
  name: string,
  args: readonly unknown[] = [],
): Promise<unknown> {
  const data = encodeFunctionData({ ...prepare(abi, name), args })
  return reader.read(async rpc => {
    const result = await rpc.call('eth_call', [{ to: address, data }, 'latest'])
    const answer = readHex(result)
    // Not the word of any contract: the node or a proxy before it is broken, which passes.
    if (answer === undefined) throw rpc.nonsense('eth_call', result)
    try {
      return decodeFunctionResult({ abi, functionName: name, data: answer })
    } catch (cause) {
      throw rpc.nonsense(`eth_call ${name} of ${address}`, result, cause)
    }
  })
}

function prepare(abi: Abi, name: string): PreparedCall {
  const ofAbi = prepared.get(abi) ?? new Map<string, PreparedCall>()
  prepared.set(abi, ofAbi)
  const call = ofAbi.get(name) ?? find(abi, name)
  ofAbi.set(name, call)
  return call
}

function find(abi: Abi, name: string): PreparedCall {
  const item = abi.find((each): each is AbiFunction => each.type === 'function' && each.name === name)
  if (!item) throw new TypeError(`the ABI has no function ${name}`)
  return { abi: [item], functionName: toFunctionSelector(item) }
}
