import type { Address, Hex } from '@kms-connector/protocol'
import { parseAbi } from 'viem/utils'
import { readContract } from './contractRead.ts'
import type { RpcReader } from './rpcReader.ts'

const abi = parseAbi([
  'function isAllowedForDecryption(bytes32 handle) view returns (bool)',
  'function isAllowed(bytes32 handle, address account) view returns (bool)',
  'function isHandleDelegatedForUserDecryption(address delegator, address delegate, address contractAddress, bytes32 handle) view returns (bool)',
])

/** Reads of the ACL contract of one host chain. Calls made together travel as one JSON-RPC batch. */
export class HostAcl {
  readonly #reader: RpcReader
  readonly #address: Address

  constructor(reader: RpcReader, address: Address) {
    this.#reader = reader
    this.#address = address
  }

  isAllowedForDecryption(handle: Hex): Promise<boolean> {
    return this.#read('isAllowedForDecryption', [handle])
  }

  isAllowed(handle: Hex, account: Address): Promise<boolean> {
    return this.#read('isAllowed', [handle, account])
  }

  isDelegated(delegator: Address, delegate: Address, contract: Address, handle: Hex): Promise<boolean> {
    return this.#read('isHandleDelegatedForUserDecryption', [delegator, delegate, contract, handle])
  }

  async #read(name: string, args: readonly unknown[]): Promise<boolean> {
    return (await readContract(this.#reader, abi, this.#address, name, args)) === true
  }
}
