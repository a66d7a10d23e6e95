// The keys of our AWS KMS: kinds, states and raw signing.
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { AwsError } from './signatureV4.ts'

const ACCOUNT = '111122223333'

export interface KmsKeyOptions {
  readonly spec?: 'ECC_SECG_P256K1' | 'ECC_NIST_P256' | 'SYMMETRIC_DEFAULT'
  readonly usage?: 'SIGN_VERIFY' | 'KEY_AGREEMENT' | 'ENCRYPT_DECRYPT'
  /** 32 bytes of a secp256k1 key that exists already; a new one when left out. */
  readonly privateKey?: Uint8Array
  readonly state?: 'Enabled' | 'Disabled' | 'PendingDeletion'
}

export interface KmsKey {
  readonly id: string
  readonly arn: string
  readonly spec: string
  readonly usage: string
  /** May be changed by a test. */
  state: string
  readonly publicKey: KeyObject
  /** Signs 32 bytes as they are; the answer is DER and s is high in half of the cases. */
  readonly signDigest: (digest: Uint8Array) => Uint8Array
}

export function createKmsKey(region: string, options: KmsKeyOptions): KmsKey {
  const { spec = 'ECC_SECG_P256K1', usage = 'SIGN_VERIFY', state = 'Enabled' } = options
  const namedCurve = spec === 'ECC_NIST_P256' ? 'prime256v1' : 'secp256k1'
  const { scalar, publicKey } = options.privateKey ? importKey(options.privateKey) : generateKey(namedCurve)
  const id = randomUUID()
  const signDigest = (digest: Uint8Array) => {
    if (namedCurve !== 'secp256k1')
      throw new AwsError('KMSInternalException', 'this server signs with secp256k1 only', 500)
    return secp256k1.sign(digest, scalar, { prehash: false, lowS: false, format: 'der' })
  }
  return { id, arn: `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`, spec, usage, state, publicKey, signDigest }
}

function generateKey(namedCurve: string): { scalar: Uint8Array; publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return { scalar: Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'), publicKey }
}

function importKey(scalar: Uint8Array): { scalar: Uint8Array; publicKey: KeyObject } {
  const point = Buffer.from(secp256k1.getPublicKey(scalar, false))
  const x = point.subarray(1, 33).toString('base64url')
  const y = point.subarray(33).toString('base64url')
  const key = { kty: 'EC', crv: 'secp256k1', x, y }
  return { scalar, publicKey: createPublicKey({ format: 'jwk', key }) }
}

/** @throws AwsError as AWS KMS answers for a key that cannot be used now */
export function expectUsable(key: KmsKey): void {
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`)
  if (key.state !== 'Enabled') throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)
}

export function getPublicKey(key: KmsKey): object {
  if (key.spec === 'SYMMETRIC_DEFAULT') {
    throw new AwsError(
      'UnsupportedOperationException',
      `${key.arn} is a symmetric key: GetPublicKey does not support it.`,
    )
  }
  expectUsable(key)
  return {
    KeyId: key.arn,
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyUsage: key.usage,
    PublicKey: key.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    ...(key.usage === 'SIGN_VERIFY' ? { SigningAlgorithms: ['ECDSA_SHA_256'] } : {}),
  }
}

export function describeKey(key: KmsKey): object {
  return {
    KeyMetadata: {
      AWSAccountId: ACCOUNT,
      Arn: key.arn,
      KeyId: key.id,
      KeySpec: key.spec,
      KeyUsage: key.usage,
      KeyState: key.state,
      Enabled: key.state === 'Enabled',
      Origin: 'AWS_KMS',
    },
  }
}

export function sign(key: KmsKey, input: Readonly<Record<string, unknown>>): object {
  const { Message, MessageType = 'RAW', SigningAlgorithm } = input
  if (typeof Message !== 'string' || typeof SigningAlgorithm !== 'string') {
    throw new AwsError(
      'ValidationException',
      "Value null at 'message' failed to satisfy constraint: Member must not be null",
    )
  }
  if (key.usage !== 'SIGN_VERIFY') {
    throw new AwsError('InvalidKeyUsageException', `${key.arn} key usage is ${key.usage} which is not valid for Sign.`)
  }
  if (SigningAlgorithm !== 'ECDSA_SHA_256') {
    throw new AwsError(
      'InvalidKeyUsageException',
      `Algorithm ${SigningAlgorithm} is incompatible with key spec ${key.spec}.`,
    )
  }
  expectUsable(key)
  const message = Buffer.from(Message, 'base64')
  if (MessageType === 'DIGEST' && message.length !== 32) {
    throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${SigningAlgorithm}.`)
  }
  const digest = MessageType === 'DIGEST' ? message : createHash('sha256').update(message).digest()
  return { KeyId: key.arn, Signature: Buffer.from(key.signDigest(digest)).toString('base64'), SigningAlgorithm }
}
