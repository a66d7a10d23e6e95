import type { Address, RequestId } from '@kms-connector/protocol'
import { parseAbi } from 'viem/utils'
import { readContract } from './contractRead.ts'
import type { RpcReader } from './rpcReader.ts'

const abi = parseAbi(['function getConsensusTxSenders(uint256 requestId) view returns (address[])'])

/** Reads of the `KMSGeneration` contract. */
export class KmsGeneration {
  readonly #reader: RpcReader
  readonly #address: Address

  constructor(reader: RpcReader, address: Address) {
    this.#reader = reader
    this.#address = address
  }

  /** @returns whether enough nodes have given the same answer to a key operation */
  async hasConsensus(id: RequestId): Promise<boolean> {
    const senders = await readContract(this.#reader, abi, this.#address, 'getConsensusTxSenders', [BigInt(`0x${id}`)])
    return Array.isArray(senders) && senders.length > 0
  }
}
