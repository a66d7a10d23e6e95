import {
  ConnectorError,
  type Hex,
  PRSS_INIT_ID,
  type RequestId,
  requestIdOf,
  requestIdValue,
} from '@kms-connector/protocol'
import { encodeFunctionData, parseEventLogs, type TransactionReceipt } from 'viem'
import { keyGenerationAbi } from './abi.ts'
import { ChainSender } from './chainSender.ts'
import type { GatewayDeployment } from './deploy.ts'
import { KeyWatch } from './keyWatch.ts'
import type { PlacedRequest } from './relayer.ts'

/** `ParamsType` of KMSGeneration (Gateway contracts v0.11): which FHE parameters a key or a CRS is made for. */
export const PARAMS_TYPES = { default: 0, test: 1 } as const
export type ParamsType = keyof typeof PARAMS_TYPES

export interface KeyOwnerOptions {
  readonly rpcUrl: string
  readonly gateway: GatewayDeployment
  /** Key of the deployer; nobody else may use it on the Gateway while a call is under way. */
  readonly privateKey: Hex
}

/**
 * What the owner of the Gateway orders from KMSGeneration. Every method throws ConnectorError DEVNET_CALL_REVERTED when the
 * contract refuses, such as a second key while one is being made.
 */
export class KeyOwner {
  readonly #sender: ChainSender
  readonly #options: KeyOwnerOptions

  constructor(options: KeyOwnerOptions) {
    this.#options = options
    this.#sender = new ChainSender(options)
  }

  /** Orders a key. @returns its preprocessing; the id of the key is announced when all agree that it is done */
  async keygen(params: ParamsType): Promise<PlacedRequest> {
    const args = [PARAMS_TYPES[params]] as const
    const receipt = await this.#order(encodeFunctionData({ abi: keyGenerationAbi, functionName: 'keygen', args }))
    const [event] = parseEventLogs({ abi: keyGenerationAbi, logs: receipt.logs, eventName: 'PrepKeygenRequest' })
    return placed(receipt, event?.args.prepKeygenId)
  }

  /** Orders a common reference string. @param maxBitLength of what will be proven with it */
  async crsgen(maxBitLength: number, params: ParamsType): Promise<PlacedRequest> {
    const args = [BigInt(maxBitLength), PARAMS_TYPES[params]] as const
    const receipt = await this.#order(
      encodeFunctionData({ abi: keyGenerationAbi, functionName: 'crsgenRequest', args }),
    )
    const [event] = parseEventLogs({ abi: keyGenerationAbi, logs: receipt.logs, eventName: 'CrsgenRequest' })
    return placed(receipt, event?.args.crsId)
  }

  /** Orders the set-up of shared randomness. Its event carries no id, so that every connector knows it as 1. */
  async prssInit(): Promise<PlacedRequest> {
    const receipt = await this.#order(encodeFunctionData({ abi: keyGenerationAbi, functionName: 'prssInit' }))
    return placed(receipt, requestIdValue(PRSS_INIT_ID))
  }

  /** Orders new shares of an active key for the same nodes. */
  async keyReshare(keyId: RequestId): Promise<PlacedRequest> {
    const args = [requestIdValue(keyId)] as const
    const call = { abi: keyGenerationAbi, functionName: 'keyReshareSameSet', args } as const
    const receipt = await this.#order(encodeFunctionData(call))
    const [event] = parseEventLogs({ abi: keyGenerationAbi, logs: receipt.logs, eventName: 'KeyReshareSameSet' })
    return placed(receipt, event?.args.keyReshareId)
  }

  /** @returns a reader of what the nodes answer, from the birth of the Gateway on */
  watch(): KeyWatch {
    const { rpcUrl, gateway } = this.#options
    return new KeyWatch({ rpcUrl, contract: gateway.kmsGeneration, fromBlock: gateway.deployedAtBlock })
  }

  #order(data: Hex): Promise<TransactionReceipt> {
    return this.#sender.send({ to: this.#options.gateway.kmsGeneration, data })
  }
}

function placed({ transactionHash, blockNumber }: TransactionReceipt, id: bigint | undefined): PlacedRequest {
  if (id === undefined) throw new ConnectorError('INTERNAL', `${transactionHash} emitted no request`)
  return { id: requestIdOf(id), transactionHash, blockNumber }
}
