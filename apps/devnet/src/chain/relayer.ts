import { type Address, ConnectorError, type Hex, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { encodeFunctionData, type Hash, type LocalAccount, parseEventLogs, type TransactionReceipt } from 'viem'
import { decryptionAbi, forwarderAbi } from './abi.ts'
import { AnswerWatch } from './answerWatch.ts'
import { ChainSender } from './chainSender.ts'
import type { GatewayDeployment } from './deploy.ts'
import { signTerms, termsOf, type UserDecryptionOrder } from './userRequest.ts'

export interface RelayerOptions {
  readonly rpcUrl: string
  readonly gateway: GatewayDeployment
  /** Pays for the requests; nobody else may use this key on the Gateway meanwhile. */
  readonly privateKey: Hex
  /** Requests under way at once; 64 when left out. */
  readonly maxInFlight?: number
  /** A contract that forwards the requests; left out: they go straight to Decryption, as they should. */
  readonly forwarder?: Address
}

/** Far behind every clock that has to agree, far less than a request is valid. */
const STARTED_AGO_SECONDS = 600n

/** A request that is on chain. */
export interface PlacedRequest {
  readonly id: RequestId
  readonly transactionHash: Hash
  readonly blockNumber: bigint
}

export interface PublicDecryptionOrder {
  readonly handles: readonly Hex[]
  /** 0x00 when left out. */
  readonly extraData?: Hex
}

/**
 * Places decryption requests on the Gateway, as the relayer of the protocol does for its users. Any number of calls may be
 * made at once; they are sent pipelined. Every method throws ConnectorError DEVNET_CALL_REVERTED when the contract refuses.
 */
export class Relayer {
  readonly #sender: ChainSender
  readonly #options: RelayerOptions
  #now: Promise<bigint> | undefined

  constructor(options: RelayerOptions) {
    const { rpcUrl, privateKey, maxInFlight = 64 } = options
    this.#options = options
    this.#sender = new ChainSender({ rpcUrl, privateKey, maxInFlight })
  }

  async requestPublicDecryption({ handles, extraData = '0x00' }: PublicDecryptionOrder): Promise<PlacedRequest> {
    const args = [handles, extraData] as const
    return this.#place(encodeFunctionData({ abi: decryptionAbi, functionName: 'publicDecryptionRequest', args }))
  }

  /** @param user signs the request and receives the answer */
  async requestUserDecryption(user: LocalAccount, order: UserDecryptionOrder): Promise<PlacedRequest> {
    const { terms, signature, frame } = await this.#sign(user, order)
    const args = [
      frame.pairs,
      frame.validity,
      frame.contracts,
      user.address,
      terms.publicKey,
      signature,
      terms.extraData,
    ] as const
    return this.#place(encodeFunctionData({ abi: decryptionAbi, functionName: 'userDecryptionRequest', args }))
  }

  /**
   * @param delegate signs the request and receives the answer
   * @param delegatorAddress owns the right to the ciphertexts and has delegated it on the host chain
   */
  async requestDelegatedUserDecryption(
    delegate: LocalAccount,
    delegatorAddress: Address,
    order: UserDecryptionOrder,
  ): Promise<PlacedRequest> {
    const { terms, signature, frame } = await this.#sign(delegate, order, delegatorAddress)
    const accounts = { delegatorAddress, delegateAddress: delegate.address }
    const { pairs, validity, contracts } = frame
    const args = [pairs, validity, accounts, contracts, terms.publicKey, signature, terms.extraData] as const
    return this.#place(encodeFunctionData({ abi: decryptionAbi, functionName: 'delegatedUserDecryptionRequest', args }))
  }

  /** @returns a reader of the answers, from the given block on or from the birth of the Gateway. */
  watchAnswers(fromBlock = this.#options.gateway.deployedAtBlock): AnswerWatch {
    const { rpcUrl, gateway } = this.#options
    return new AnswerWatch({ rpcUrl, decryption: gateway.decryption, fromBlock })
  }

  async #sign(signer: LocalAccount, order: UserDecryptionOrder, delegator?: Address) {
    const terms = termsOf(order, await this.#chainTime())
    const { decryption } = this.#options.gateway
    const { hostChainId } = order
    const scope = delegator === undefined ? { decryption, hostChainId } : { decryption, hostChainId, delegator }
    const frame = {
      pairs: order.pairs.map(({ handle, contractAddress }) => ({ ctHandle: handle, contractAddress })),
      validity: { startTimestamp: terms.startTimestamp, durationDays: terms.durationDays },
      contracts: { chainId: BigInt(hostChainId), addresses: terms.contractAddresses },
    }
    return { terms, frame, signature: order.signature ?? (await signTerms(signer, terms, scope)) }
  }

  /** A start in the future is refused, the chain's clock is not ours, and a reorganisation can set it back a little. */
  #chainTime(): Promise<bigint> {
    this.#now ??= this.#sender.client.getBlock().then(({ timestamp }) => timestamp - STARTED_AGO_SECONDS)
    return this.#now
  }

  async #place(data: Hex): Promise<PlacedRequest> {
    const { gateway, forwarder } = this.#options
    if (forwarder === undefined) return placedRequest(await this.#sender.send({ to: gateway.decryption, data }))
    const args = [gateway.decryption, data] as const
    const forwarded = encodeFunctionData({ abi: forwarderAbi, functionName: 'forward', args })
    return placedRequest(await this.#sender.send({ to: forwarder, data: forwarded }))
  }
}

function placedRequest({ logs, transactionHash, blockNumber }: TransactionReceipt): PlacedRequest {
  const eventName = ['PublicDecryptionRequest', 'UserDecryptionRequest'] as const
  const [event] = parseEventLogs({ abi: decryptionAbi, logs, eventName: [...eventName] })
  if (!event) throw new ConnectorError('INTERNAL', `${transactionHash} emitted no decryption request`)
  return { id: requestIdOf(event.args.decryptionId), transactionHash, blockNumber }
}
