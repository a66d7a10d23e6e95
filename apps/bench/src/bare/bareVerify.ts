import type {
  PublicDecryptionResponse,
  UserDecryptionResponse,
} from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import { encodeUserDecryptedShare, hexOf } from '@kms-connector/protocol'
import { createKeccak } from 'hash-wasm'
import secp256k1 from 'secp256k1'
import type { Hex } from 'viem'
import type { BareConfig } from './bareConfig.ts'
import type { BareRequest } from './bareCore.ts'
import { leanDigest, libraryDigest, type SignedAnswer } from './typedDigest.ts'

/** What is published of an answer. */
export interface BareAnswer {
  readonly result: Hex
  readonly signature: Hex
}

export interface BareVerify {
  publicAnswer(request: BareRequest, response: PublicDecryptionResponse): BareAnswer
  userAnswer(request: BareRequest, response: UserDecryptionResponse): BareAnswer
}

/** The least that verifying takes: the digest of the typed data, the signer of it, and a comparison. */
export async function bareVerify(
  config: Pick<BareConfig, 'chainId' | 'decryption' | 'signer' | 'lean'>,
): Promise<BareVerify> {
  const digestOf = config.lean ? await leanDigest(config) : libraryDigest(config)
  const hasher = await createKeccak(256)
  const verify = (answer: SignedAnswer, signature: Uint8Array): void => {
    const parity = (signature[64] ?? 27) - 27
    const point = secp256k1.ecdsaRecover(signature.subarray(0, 64), parity, digestOf(answer), false)
    hasher.init()
    hasher.update(point.subarray(1))
    if (`0x${hasher.digest('hex').slice(24)}` !== config.signer) throw new Error('signature')
  }
  return {
    publicAnswer({ cts }, { payload, externalSignature }) {
      const words = (payload?.plaintexts ?? []).map(({ bytes }) =>
        Buffer.from(bytes).reverse().toString('hex').padStart(64, '0'),
      )
      const result: Hex = `0x${words.join('')}`
      verify({ ctHandles: cts.map(({ handle }) => handle), result }, externalSignature)
      return { result, signature: hexOf(externalSignature) }
    },
    userAnswer({ cts, key: publicKey = '0x' }, { payload, externalSignature }) {
      if (!payload) throw new Error('no payload')
      const result = encodeUserDecryptedShare(payload)
      verify({ publicKey, ctHandles: cts.map(({ handle }) => handle), result }, externalSignature)
      return { result, signature: hexOf(externalSignature) }
    },
  }
}
