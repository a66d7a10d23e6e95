import { type Address, ConnectorError } from '@kms-connector/protocol'
import { readHex } from './nodeValue.ts'
import type { Rpc } from './rpc.ts'
import type { RpcReader } from './rpcReader.ts'

/**
 * Makes sure an endpoint serves the chain of the settings.
 * @throws ConnectorError CHAIN_ID_MISMATCH (fatal), or an RPC fault when it cannot be asked
 */
export async function expectChainId(rpc: Rpc, chainId: number): Promise<void> {
  const found = await rpc.quantity('eth_chainId')
  if (found !== BigInt(chainId)) {
    throw new ConnectorError('CHAIN_ID_MISMATCH', `${rpc.endpoint} serves chain ${found}, the settings say ${chainId}`)
  }
}

/**
 * Makes sure there is a contract at an address of the settings.
 * @param name of the contract, for the message
 * @throws ConnectorError CONTRACT_MISSING (fatal) when there is no code, or an RPC fault when it cannot be asked
 */
export function expectContract(reader: RpcReader, name: string, address: Address): Promise<void> {
  return reader.read(async rpc => {
    const result = await rpc.call('eth_getCode', [address, 'latest'])
    const code = readHex(result)
    if (code === undefined) throw rpc.nonsense('eth_getCode', result)
    if (code === '0x') {
      throw new ConnectorError('CONTRACT_MISSING', `no contract ${name} at ${address} on ${rpc.endpoint}`, {
        contract: name,
      })
    }
  })
}
