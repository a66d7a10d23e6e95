import { type Address, type DecodeParameters, encodeCall, parameterDecoder } from '@kms-connector/protocol'
import type { Abi, AbiFunction } from 'viem'
import { readHex } from './nodeValue.ts'
import type { RpcReader } from './rpcReader.ts'

interface View {
  readonly called: AbiFunction
  readonly decode: DecodeParameters
}

/** Views that were found in their ABI before. */
const views = new WeakMap<Abi, Map<string, View>>()

/**
 * Reads one view function at the latest block.
 * @returns its result, several of them as a list; addresses in lower case
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
  const { called, decode } = viewOf(abi, name)
  const data = encodeCall(called, args)
  return reader.read(async rpc => {
    const result = await rpc.call('eth_call', [{ to: address, data }, 'latest'])
    const answer = readHex(result)
    // Not the word of any contract: the node or a proxy before it is broken, which passes.
    if (answer === undefined) throw rpc.nonsense('eth_call', result)
    try {
      const values = decode(answer)
      return values.length > 1 ? values : values[0]
    } catch (cause) {
      throw rpc.nonsense(`eth_call ${name} of ${address}`, result, cause)
    }
  })
}

function viewOf(abi: Abi, name: string): View {
  const ofAbi = views.get(abi) ?? new Map<string, View>()
  views.set(abi, ofAbi)
  const known = ofAbi.get(name)
  if (known) return known
  const called = abi.find((item): item is AbiFunction => item.type === 'function' && item.name === name)
  if (!called) throw new TypeError(`the ABI has no function ${name}`)
  const view = { called, decode: parameterDecoder(called.outputs) }
  ofAbi.set(name, view)
  return view
}
