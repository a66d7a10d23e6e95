import type { Address, RequestId } from '@kms-connector/protocol'
import { parseAbi } from 'viem'
import { readContract } from './contractRead.ts'
import type { Rpc } from './rpc.ts'

const abi = parseAbi(['function getConsensusTxSenders(uint256 requestId) view returns (address[])'])

/** Reads of the `KMSGeneration` contract. */
export class KmsGeneration {
  readonly #rpc: Rpc
  readonly #address: Address

  constructor(rpc: Rpc, address: Address) {
    this.#rpc = rpc
    this.#address = address
  }

  /** @returns whether enough nodes have given the same answer to a key operation */
  async hasConsensus(id: RequestId): Promise<boolean> {
    const senders = await readContract(this.#rpc, abi, this.#address, 'getConsensusTxSenders', [BigInt(`0x${id}`)])
    return Array.isArray(senders) && senders.length > 0
  }
}
