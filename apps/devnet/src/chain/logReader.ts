import type { Address } from '@kms-connector/protocol'
import { createPublicClient, http, type Log } from 'viem'

export interface LogReaderOptions {
  readonly rpcUrl: string
  readonly contract: Address
  /** First block to read. */
  readonly fromBlock: bigint
}

/** Logs of one contract in blocks that are mined. */
export type MinedLog = Log<bigint, number, false>

const BLOCKS_A_CALL = 2000n
const RPC_TIMEOUT_MS = 20_000

/** Reads the logs of one contract in order, every block once. */
export class LogReader {
  readonly #client
  readonly #contract: Address
  #next: bigint

  constructor({ rpcUrl, contract, fromBlock }: LogReaderOptions) {
    this.#client = createPublicClient({ transport: http(rpcUrl, { timeout: RPC_TIMEOUT_MS }), cacheTime: 0 })
    this.#contract = contract
    this.#next = fromBlock
  }

  /**
   * Hands over everything up to the head that was not handed over before.
   * @throws viem's error when the chain does not answer; nothing is skipped then
   */
  async read(take: (logs: MinedLog[]) => void): Promise<void> {
    const head = await this.#client.getBlockNumber()
    while (this.#next <= head) {
      const last = this.#next + BLOCKS_A_CALL - 1n
      const toBlock = last < head ? last : head
      take(await this.#client.getLogs({ address: this.#contract, fromBlock: this.#next, toBlock }))
      this.#next = toBlock + 1n
    }
  }
}
