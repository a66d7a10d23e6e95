import type { Address, Hex } from '@kms-connector/protocol'
import { type ContractFunctionArgs, type ContractFunctionName, encodeFunctionData, type TransactionReceipt } from 'viem'
import { ciphertextCommitsAbi, gatewayConfigAbi } from './abi.ts'
import { ChainSender } from './chainSender.ts'
import type { GatewayDeployment, GatewayThresholds } from './deploy.ts'
import { type CoprocessorEntry, coprocessorArg, type KmsNodeEntry, kmsNodeArg } from './registry.ts'

export interface RegisteredCiphertext {
  readonly handle: Hex
  readonly keyId: bigint
  /** keccak256 of the stored bytes. */
  readonly digest: Hex
  /** Transaction senders of the coprocessors whose buckets hold it. */
  readonly coprocessors: readonly Address[]
}

type ConfigWrite = ContractFunctionName<typeof gatewayConfigAbi, 'nonpayable'>

/** One transaction per this many ciphertexts keeps every transaction well below the gas limit of a block. */
const CIPHERTEXTS_A_TRANSACTION = 50

/** What the owner of the Gateway does: registers ciphertexts, changes the sets of nodes and coprocessors, pauses. */
export class GatewayOwner {
  readonly #sender: ChainSender
  readonly #gateway: GatewayDeployment

  /** @param options.privateKey key of the deployer; nobody else may use it on the Gateway meanwhile */
  constructor(options: { readonly rpcUrl: string; readonly gateway: GatewayDeployment; readonly privateKey: Hex }) {
    this.#gateway = options.gateway
    this.#sender = new ChainSender(options)
  }

  /** Makes ciphertexts known, so that they can be requested; a known handle gets its new material. */
  async registerCiphertexts(ciphertexts: readonly RegisteredCiphertext[]): Promise<void> {
    const materials = ciphertexts.map(({ handle, keyId, digest, coprocessors }) => ({
      ctHandle: handle,
      keyId,
      snsCiphertextDigest: digest,
      coprocessorTxSenderAddresses: coprocessors,
    }))
    const writes: Promise<TransactionReceipt>[] = []
    for (let at = 0; at < materials.length; at += CIPHERTEXTS_A_TRANSACTION) {
      const args = [materials.slice(at, at + CIPHERTEXTS_A_TRANSACTION)] as const
      const call = { abi: ciphertextCommitsAbi, functionName: 'registerCiphertextMaterials', args } as const
      writes.push(this.#sender.send({ to: this.#gateway.ciphertextCommits, data: encodeFunctionData(call) }))
    }
    await Promise.all(writes)
  }

  /** Replaces all nodes at once; those left out lose their rights, also for pending requests. */
  updateKmsNodes(nodes: readonly KmsNodeEntry[], t: GatewayThresholds): Promise<TransactionReceipt> {
    const thresholds = [BigInt(t.mpc), BigInt(t.publicDecryption), BigInt(t.userDecryption), BigInt(t.kmsGen)] as const
    return this.#config('updateKmsNodes', [nodes.map(kmsNodeArg), ...thresholds])
  }

  updateCoprocessors(coprocessors: readonly CoprocessorEntry[], threshold = 1): Promise<TransactionReceipt> {
    return this.#config('updateCoprocessors', [coprocessors.map(coprocessorArg), BigInt(threshold)])
  }

  updatePublicDecryptionThreshold(threshold: number): Promise<TransactionReceipt> {
    return this.#config('updatePublicDecryptionThreshold', [BigInt(threshold)])
  }

  /** Requests are refused from now on; answers are not. */
  pause(): Promise<TransactionReceipt> {
    return this.#config('pauseAllGatewayContracts', [])
  }

  unpause(): Promise<TransactionReceipt> {
    return this.#config('unpauseAllGatewayContracts', [])
  }

  #config<N extends ConfigWrite>(
    functionName: N,
    args: ContractFunctionArgs<typeof gatewayConfigAbi, 'nonpayable', N>,
  ) {
    const call = { abi: gatewayConfigAbi, functionName, args }
    // CAST: name and arguments were matched by the signature of this method.
    const data = encodeFunctionData(call as Parameters<typeof encodeFunctionData>[0])
    return this.#sender.send({ to: this.#gateway.gatewayConfig, data })
  }
}
