import type { Rpc } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import { isFresh } from './freshness.ts'

/** What the wallet owns. One question to the node serves all answers of a short time. */
export class Balance {
  readonly #wallet: Address
  #read: { readonly wei: Promise<bigint>; readonly at: number } | undefined

  constructor(wallet: Address) {
    this.#wallet = wallet
  }

  /**
   * @param maxAgeMs how old the answer may be, milliseconds; 0 asks anew
   * @returns wei at the latest block
   * @throws ConnectorError when the node cannot be asked; the next call asks again
   */
  current(rpc: Rpc, now: number, maxAgeMs: number): Promise<bigint> {
    if (this.#read && isFresh(this.#read.at, now, maxAgeMs)) return this.#read.wei
    const wei = rpc.quantity('eth_getBalance', [this.#wallet, 'latest'])
    const read = { wei, at: now }
    this.#read = read
    wei.catch(() => {
      if (this.#read === read) this.#read = undefined
    })
    return wei
  }
}
