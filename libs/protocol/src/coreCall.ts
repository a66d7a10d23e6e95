/** EIP-712 domain in the form KMS Core wants: chain id as 32 big-endian bytes, contract address with EIP-55 checksum. */
export interface CoreDomain {
  readonly name: string
  readonly version: string
  readonly chainId: Uint8Array
  readonly verifyingContract: string
}

/** RPCs of `kms_service.v1.CoreServiceEndpoint` that start work. */
export type SubmitMethod =
  | 'publicDecrypt'
  | 'userDecrypt'
  | 'keyGenPreproc'
  | 'keyGen'
  | 'crsGen'
  | 'init'
  | 'initiateResharing'
/** RPCs that long-poll for a result. */
export type PollMethod =
  | 'getPublicDecryptionResult'
  | 'getUserDecryptionResult'
  | 'getKeyGenPreprocResult'
  | 'getKeyGenResult'
  | 'getCrsGenResult'

/** Message of a submit RPC in the shape protobuf-es takes to create it. */
export type CoreRequest = Readonly<Record<string, unknown>>
