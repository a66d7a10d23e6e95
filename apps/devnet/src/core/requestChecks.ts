import { Code } from '@connectrpc/connect'
import type { TypedCiphertext } from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import type { Eip712DomainMsg, RequestId as RequestIdMsg } from '@kms-connector/kms-client/gen/kms/v1/request_pb.js'
import {
  type Address,
  bytesOf,
  FHE_TYPES,
  type FheType,
  type Hex,
  hexOf,
  parseRequestId,
  type RequestId,
} from '@kms-connector/protocol'
import { getAddress, type TypedDataDomain } from 'viem'
import { CoreRefusal } from './coreRefusal.ts'
import { ENC_KEY_BYTES, rawEncapsulationKey } from './encKey.ts'

/** Domain of the answer's signature. */
export type AnswerDomain = TypedDataDomain & { readonly verifyingContract: Address }

/** One ciphertext of a request whose type is known; the blob itself is judged when it is decrypted. */
export interface CiphertextInput {
  readonly bytes: Uint8Array
  readonly fheType: FheType
  /** 32 bytes, as signed. */
  readonly handle: Hex
  /** As the request spelled it, at most 32 bytes. */
  readonly externalHandle: Uint8Array
}

export interface ClientInput {
  /** EIP-55 spelling. */
  readonly address: Address
  /** The 869 bytes as they came. */
  readonly encKey: Uint8Array
  readonly encapsulationKey: Uint8Array
}

const ID = /^(?:0x)?([0-9a-fA-F]{64})$/
const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const LAST_FORMAT = 3

const invalid = (reason: string): CoreRefusal => new CoreRefusal(Code.InvalidArgument, reason)

/**
 * The canonical form of an id. KMS Core v0.13 trims it, strips one 0x and accepts upper case, but refuses zero.
 * @throws CoreRefusal INVALID_ARGUMENT
 */
export function checkRequestId(message: RequestIdMsg | undefined, what = 'request id'): RequestId {
  const digits = ID.exec(message?.requestId.trim() ?? '')?.[1]?.toLowerCase()
  if (digits === undefined) throw invalid(`the ${what} is not 64 hex digits`)
  if (/^0+$/.test(digits)) throw invalid(`the ${what} is zero`)
  return parseRequestId(digits)
}

/** @throws CoreRefusal INVALID_ARGUMENT when the address is not spelled with its EIP-55 checksum */
export function checkAddress(text: string, what: string): Address {
  if (!ADDRESS.test(text) || getAddress(text) !== text) throw invalid(`the ${what} is no checksummed address`)
  return getAddress(text)
}

/** @throws CoreRefusal INVALID_ARGUMENT when the domain is absent, its chain id or salt malformed, or its address unchecked */
export function checkDomain(message: Eip712DomainMsg | undefined): AnswerDomain {
  if (!message) throw invalid('the domain is missing')
  const { name, version, chainId, salt } = message
  if (chainId.length === 0 || chainId.length > 32) throw invalid(`the chain id has ${chainId.length} bytes`)
  if (salt && salt.length !== 32) throw invalid(`the salt has ${salt.length} bytes`)
  const verifyingContract = checkAddress(message.verifyingContract, 'verifying contract')
  const domain = { name, version, chainId: BigInt(hexOf(chainId)), verifyingContract }
  return salt ? { ...domain, salt: hexOf(salt) } : domain
}

/** @throws CoreRefusal INVALID_ARGUMENT when there are none, or one has an unsupported type, format or handle */
export function checkCiphertexts(messages: readonly TypedCiphertext[]): readonly CiphertextInput[] {
  if (messages.length === 0) throw invalid('there are no ciphertexts')
  return messages.map((message, index) => {
    const fheType = FHE_TYPES.get(message.fheType)
    if (!fheType) throw invalid(`ciphertext ${index} has FHE type ${message.fheType}`)
    if (message.ciphertextFormat > LAST_FORMAT)
      throw invalid(`ciphertext ${index} has format ${message.ciphertextFormat}`)
    if (message.externalHandle.length > 32)
      throw invalid(`the handle of ciphertext ${index} has ${message.externalHandle.length} bytes`)
    const handle = new Uint8Array(32)
    handle.set(message.externalHandle, 32 - message.externalHandle.length)
    return { bytes: message.ciphertext, fheType, handle: hexOf(handle), externalHandle: message.externalHandle }
  })
}

/** @throws CoreRefusal INVALID_ARGUMENT on a bad client address or encryption key */
export function checkClient(clientAddress: string, encKey: Uint8Array, domain: AnswerDomain): ClientInput {
  const address = checkAddress(clientAddress, 'client address')
  if (address === domain.verifyingContract) throw invalid('the client is the verifying contract')
  const encapsulationKey = rawEncapsulationKey(encKey)
  if (!encapsulationKey) throw invalid(`the encryption key is not ${ENC_KEY_BYTES} bytes of ML-KEM-512`)
  return { address, encKey, encapsulationKey }
}

/** @returns the size of the CRS; unset means 2048. @throws CoreRefusal INVALID_ARGUMENT unless a power of two up to 2048 */
export function checkMaxBits(maxNumBits: number | undefined): number {
  const bits = maxNumBits ?? 2048
  if (bits < 1 || bits > 2048 || (bits & (bits - 1)) !== 0) throw invalid(`a CRS for ${bits} bits does not exist`)
  return bits
}

/** Only `default` (0) and `test` (1) exist. @throws CoreRefusal INVALID_ARGUMENT */
export function checkFheParameter(params: number | undefined): void {
  if (params !== undefined && params !== 0 && params !== 1) throw invalid(`FHE parameter ${params} does not exist`)
}

/** The 20 bytes of an address. */
export function addressBytes(address: Address): Uint8Array {
  return bytesOf(address)
}
