import { KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createKeccak } from 'hash-wasm'
import secp256k1 from 'secp256k1'
import type { BareConfig } from './bareConfig.ts'

export interface BareSignature {
  /** r and s. */
  readonly signature: Uint8Array
  readonly recid: number
}

const SOCKETS = 64

/** The least that signing takes: libsecp256k1 with the key, or AWS KMS and the search for the recovery id. */
export function bareSigner({
  privateKey,
  awsKms,
}: Pick<BareConfig, 'privateKey' | 'awsKms'>): (digest: Uint8Array) => Promise<BareSignature> {
  const key = Buffer.from(privateKey.slice(2), 'hex')
  if (!awsKms) return async digest => secp256k1.ecdsaSign(digest, key)
  const publicKey = Buffer.from(secp256k1.publicKeyCreate(key))
  const client = new KMSClient({
    region: awsKms.region,
    endpoint: awsKms.url,
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: true, maxSockets: SOCKETS } }),
  })
  return async digest => {
    const { Signature = new Uint8Array() } = await client.send(
      new SignCommand({
        KeyId: awsKms.keyId,
        Message: digest,
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
    )
    const signature = secp256k1.signatureNormalize(secp256k1.signatureImport(Signature))
    const recid = publicKey.equals(secp256k1.ecdsaRecover(signature, 0, digest)) ? 0 : 1
    return { signature, recid }
  }
}

/** @returns keccak256 of the bytes that a hex text stands for */
export async function bareKeccak(): Promise<(hex: string) => Buffer> {
  const hasher = await createKeccak(256)
  return hex => {
    hasher.init()
    hasher.update(Buffer.from(hex.slice(2), 'hex'))
    return Buffer.from(hasher.digest('binary'))
  }
}
