import type { Address } from '@kms-connector/protocol'

/** A KMS node as the Gateway knows it. */
export interface KmsNodeEntry {
  /** Address of the connector's wallet. */
  readonly txSender: Address
  /** Address of the KMS Core's signing key. */
  readonly signer: Address
  readonly storageUrl?: string
}

export interface CoprocessorEntry {
  readonly txSender: Address
  readonly signer: Address
  /** Base URL of its ciphertext bucket. */
  readonly s3BucketUrl: string
}

export function kmsNodeArg(node: KmsNodeEntry) {
  const { txSender, signer, storageUrl = `http://127.0.0.1/kms/${txSender}` } = node
  return { txSenderAddress: txSender, signerAddress: signer, ipAddress: '127.0.0.1', storageUrl }
}

export function coprocessorArg({ txSender, signer, s3BucketUrl }: CoprocessorEntry) {
  return { txSenderAddress: txSender, signerAddress: signer, s3BucketUrl }
}
