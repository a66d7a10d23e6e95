import type { Address, Hex } from '@kms-connector/protocol'
import { encodeFunctionData } from 'viem'
import { aclAbi } from './abi.ts'
import { ChainSender } from './chainSender.ts'

const HANDLES_A_TRANSACTION = 100

/** Changes who may decrypt what on a host chain. */
export class HostAclOwner {
  readonly #sender: ChainSender
  readonly #rpcUrl: string
  readonly #acl: Address

  /** @param options.privateKey key of the deployer; nobody else may use it on this chain meanwhile */
  constructor(options: { readonly rpcUrl: string; readonly acl: Address; readonly privateKey: Hex }) {
    this.#rpcUrl = options.rpcUrl
    this.#acl = options.acl
    this.#sender = new ChainSender(options)
  }

  /** Lets every account use every handle: users, delegators and the contracts the handles belong to. */
  async allow(handles: readonly Hex[], accounts: readonly Address[]): Promise<void> {
    const data = (some: readonly Hex[]) =>
      encodeFunctionData({ abi: aclAbi, functionName: 'allowMany', args: [some, accounts] })
    await Promise.all(chunks(handles).map(some => this.#send(data(some))))
  }

  /** Lets anybody decrypt the handles publicly. */
  async allowForDecryption(handles: readonly Hex[]): Promise<void> {
    const data = (some: readonly Hex[]) =>
      encodeFunctionData({ abi: aclAbi, functionName: 'allowForDecryption', args: [some] })
    await Promise.all(chunks(handles).map(some => this.#send(data(some))))
  }

  /** Takes back what was allowed for one account and for public decryption; the real list cannot do this. */
  async disallow(handle: Hex, account: Address): Promise<void> {
    await this.#send(encodeFunctionData({ abi: aclAbi, functionName: 'disallow', args: [handle, account] }))
  }

  /**
   * A delegator, who pays with its own key, lets a delegate decrypt what it may decrypt itself of one contract.
   * @param expirationDate last Unix second at which this counts
   */
  async delegate(
    delegatorKey: Hex,
    delegation: { readonly delegate: Address; readonly contractAddress: Address; readonly expirationDate: bigint },
  ): Promise<void> {
    const { delegate, contractAddress, expirationDate } = delegation
    const args = [delegate, contractAddress, expirationDate] as const
    const data = encodeFunctionData({ abi: aclAbi, functionName: 'delegateForUserDecryption', args })
    await new ChainSender({ rpcUrl: this.#rpcUrl, privateKey: delegatorKey }).send({ to: this.#acl, data })
  }

  async revokeDelegation(delegatorKey: Hex, delegate: Address, contractAddress: Address): Promise<void> {
    const args = [delegate, contractAddress] as const
    const data = encodeFunctionData({ abi: aclAbi, functionName: 'revokeDelegationForUserDecryption', args })
    await new ChainSender({ rpcUrl: this.#rpcUrl, privateKey: delegatorKey }).send({ to: this.#acl, data })
  }

  async #send(data: Hex): Promise<void> {
    await this.#sender.send({ to: this.#acl, data })
  }
}

function chunks(handles: readonly Hex[]): (readonly Hex[])[] {
  const count = Math.ceil(handles.length / HANDLES_A_TRANSACTION)
  return Array.from({ length: count }, (_, n) =>
    handles.slice(n * HANDLES_A_TRANSACTION, (n + 1) * HANDLES_A_TRANSACTION),
  )
}
