import { type GatewayConfig, recoverSigner } from '@kms-connector/gateway'
import {
  type Address,
  ConnectorError,
  type ContractDomain,
  type ContractName,
  type Operation,
  type RequestId,
} from '@kms-connector/protocol'

/**
 * Verifies that an answer carries the signature of the KMS Core that is registered for this node. A node has one vote
 * per request, and a vote with a wrong signature or result burns it, so nothing unverified is ever published.
 */
export class RegisteredSigner {
  readonly #config: GatewayConfig
  readonly #txSender: Address
  readonly #domains: Readonly<Record<ContractName, ContractDomain>>
  readonly #refreshMs: number
  #signer: { readonly address: Promise<Address | undefined>; readonly readAt: number } | undefined

  /**
   * @param txSender wallet of this node's sender: the key under which GatewayConfig registers the node
   * @param refreshMs how long the registered signer is taken as still current
   */
  constructor(
    config: GatewayConfig,
    txSender: Address,
    domains: Readonly<Record<ContractName, ContractDomain>>,
    refreshMs: number,
  ) {
    this.#config = config
    this.#txSender = txSender
    this.#domains = domains
    this.#refreshMs = refreshMs
  }

  /**
   * @throws ConnectorError CORE_SIGNATURE_INVALID when another key signed, SIGNER_NOT_REGISTERED when GatewayConfig does
   *   not know our node, or the fault of the RPC endpoint
   */
  async expectSigned(operation: Operation, id: RequestId, payload: unknown, answer: unknown): Promise<void> {
    const signed = operation.signed(id, payload, answer)
    const recovered = recoverSigner(this.#domains[signed.contract], signed, operation.signature(answer))
    if (recovered === (await this.#registered())) return
    // The set of nodes may have changed since it was read; a good answer must not die of an old registry.
    const current = await this.#reread()
    if (recovered === current) return
    if (current === undefined) {
      throw new ConnectorError('SIGNER_NOT_REGISTERED', `GatewayConfig knows no KMS node with wallet ${this.#txSender}`)
    }
    const detail = `signed by ${recovered}, registered for ${this.#txSender} is ${current}`
    throw new ConnectorError('CORE_SIGNATURE_INVALID', detail, { recovered, registered: current })
  }

  /** The registry has changed: the next answer is verified against what it says then. */
  forget(): void {
    this.#signer = undefined
  }

  #registered(): Promise<Address | undefined> {
    const fresh = this.#signer && performance.now() - this.#signer.readAt < this.#refreshMs
    return fresh && this.#signer ? this.#signer.address : this.#reread()
  }

  #reread(): Promise<Address | undefined> {
    const address = this.#config.signerOf(this.#txSender)
    const read = { address, readAt: performance.now() }
    this.#signer = read
    address.catch(() => {
      if (this.#signer === read) this.#signer = undefined
    })
    return address
  }
}
