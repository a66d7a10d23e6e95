import type { Address, Hex } from '@kms-connector/protocol'
import {
  type Abi,
  decodeFunctionResult,
  encodeFunctionData,
  type PrepareEncodeFunctionDataReturnType,
  prepareEncodeFunctionData,
} from 'viem'
import type { RpcReader } from './rpcReader.ts'

type PreparedCall = PrepareEncodeFunctionDataReturnType<Abi, string>

/** Finding a function and hashing its signature costs ten times the encoding itself; it is done once. */
const prepared = new WeakMap<Abi, Map<string, PreparedCall>>()

/**
 * Reads one view function at the latest block.
 * @throws ConnectorError RPC_UNAVAILABLE, or RPC_REJECTED when the call reverts or returns something else
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
    if (typeof result !== 'string') throw rpc.nonsense('eth_call', result)
    try {
      return decodeFunctionResult({ abi, functionName: name, data: result as Hex }) // CAST: viem refuses what is no hex
    } catch {
      throw rpc.nonsense(`eth_call ${name} of ${address}`, result)
    }
  })
}

function prepare(abi: Abi, name: string): PreparedCall {
  const ofAbi = prepared.get(abi) ?? new Map<string, PreparedCall>()
  prepared.set(abi, ofAbi)
  const call = ofAbi.get(name) ?? prepareEncodeFunctionData({ abi, functionName: name })
  ofAbi.set(name, call)
  return call
}
