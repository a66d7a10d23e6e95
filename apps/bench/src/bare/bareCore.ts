import type {
  PublicDecryptionResponse,
  UserDecryptionResponse,
} from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import { type Address, getAddress, type Hex } from 'viem'
import { bareBytes } from './bareBytes.ts'
import type { BareConfig } from './bareConfig.ts'
import { bareGrpc } from './bareGrpc.ts'
import { libraryGrpc } from './libraryGrpc.ts'

/** What the bare listener publishes. */
export interface BareRequest {
  readonly id: string
  readonly cts: readonly { readonly handle: Hex; readonly keyId: string; readonly digest: Hex }[]
  readonly user?: Address
  readonly key?: Hex
}

export interface BareCore {
  publicDecrypt(request: BareRequest, ciphertexts: readonly Uint8Array[]): Promise<PublicDecryptionResponse>
  userDecrypt(request: BareRequest, ciphertexts: readonly Uint8Array[]): Promise<UserDecryptionResponse>
}

/** Ciphertexts of one format, as every bucket of the benchmark serves them. */
const FORMAT = 2
const METHODS = CoreServiceEndpoint.method

/** The least that the KMS Core takes: submit, and poll once for the result. */
export function bareCore({
  coreUrl,
  chainId,
  decryption,
  lean,
}: Pick<BareConfig, 'coreUrl' | 'chainId' | 'decryption' | 'lean'>): BareCore {
  const call = lean ? bareGrpc(coreUrl) : libraryGrpc(coreUrl)
  const domain = {
    name: 'Decryption',
    version: '1',
    chainId: bareBytes(chainId.toString(16).padStart(64, '0')),
    verifyingContract: getAddress(decryption),
  }
  const typed = ({ cts }: BareRequest, ciphertexts: readonly Uint8Array[]) =>
    cts.map(({ handle }, i) => ({
      ciphertext: ciphertexts[i] ?? new Uint8Array(),
      fheType: 0,
      externalHandle: bareBytes(handle),
      ciphertextFormat: FORMAT,
    }))
  return {
    async publicDecrypt(request, ciphertexts) {
      const requestId = { requestId: request.id }
      const keyId = { requestId: request.cts[0]?.keyId ?? '' }
      await call(METHODS.publicDecrypt, { requestId, ciphertexts: typed(request, ciphertexts), keyId, domain })
      return call(METHODS.getPublicDecryptionResult, requestId)
    },
    async userDecrypt(request, ciphertexts) {
      const requestId = { requestId: request.id }
      await call(METHODS.userDecrypt, {
        requestId,
        typedCiphertexts: typed(request, ciphertexts),
        keyId: { requestId: request.cts[0]?.keyId ?? '' },
        domain,
        clientAddress: getAddress(request.user ?? '0x'),
        encKey: bareBytes(request.key ?? '0x'),
      })
      return call(METHODS.getUserDecryptionResult, requestId)
    },
  }
}
