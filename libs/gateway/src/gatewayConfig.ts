import type { Address } from '@kms-connector/protocol'
import { parseAbi } from 'viem/utils'
import { readContract } from './contractRead.ts'
import type { RpcReader } from './rpcReader.ts'

const abi = parseAbi([
  'struct Coprocessor { address txSenderAddress; address signerAddress; string s3BucketUrl; }',
  'struct KmsNode { address txSenderAddress; address signerAddress; string ipAddress; string storageUrl; }',
  'function getCoprocessor(address coprocessorTxSenderAddress) view returns (Coprocessor)',
  'function getKmsNode(address kmsTxSenderAddress) view returns (KmsNode)',
  'function getCoprocessorTxSenders() view returns (address[])',
  'function isKmsSigner(address signerAddress) view returns (bool)',
  'function isKmsTxSender(address kmsTxSenderAddress) view returns (bool)',
])

interface Coprocessor {
  readonly s3BucketUrl: string
}

interface KmsNode {
  readonly txSenderAddress: Address
  readonly signerAddress: Address
}

/** Reads of the `GatewayConfig` contract: the registry of KMS nodes and coprocessors. */
export class GatewayConfig {
  readonly #reader: RpcReader
  readonly #address: Address

  constructor(reader: RpcReader, address: Address) {
    this.#reader = reader
    this.#address = address
  }

  /** @returns the bucket URL of a coprocessor, undefined when it is unknown or has none (the contract does not revert) */
  async bucketUrl(coprocessor: Address): Promise<string | undefined> {
    const result = (await this.#read('getCoprocessor', [coprocessor])) as Coprocessor // CAST: decoded with the ABI above
    return result.s3BucketUrl === '' ? undefined : result.s3BucketUrl
  }

  /** @returns the signer registered for a wallet, in lower case; undefined for an unknown wallet */
  async signerOf(txSender: Address): Promise<Address | undefined> {
    const node = (await this.#read('getKmsNode', [txSender])) as KmsNode // CAST: decoded with the ABI above
    const signer = node.signerAddress.toLowerCase() as Address // CAST: lower case keeps the 0x prefix
    return /^0x0{40}$/.test(signer) ? undefined : signer
  }

  /** @returns wallets of all registered coprocessors */
  async coprocessors(): Promise<readonly Address[]> {
    return (await this.#read('getCoprocessorTxSenders', [])) as readonly Address[] // CAST: decoded with the ABI above
  }

  async isKmsSigner(signer: Address): Promise<boolean> {
    return (await this.#read('isKmsSigner', [signer])) === true
  }

  async isKmsTxSender(txSender: Address): Promise<boolean> {
    return (await this.#read('isKmsTxSender', [txSender])) === true
  }

  #read(name: string, args: readonly unknown[]): Promise<unknown> {
    return readContract(this.#reader, abi, this.#address, name, args)
  }
}
