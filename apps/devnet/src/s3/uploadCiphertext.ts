import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { keccak256 } from '@kms-connector/ciphertexts'
import type { Hex } from '@kms-connector/protocol'
import type { S3Credentials } from './signatureV4.ts'

/** How the stored bytes are serialised, as coprocessors write it into the metadata `Ct-Format`. */
export type CtFormat = 'compressed_on_cpu' | 'compressed_on_gpu' | 'uncompressed_on_cpu' | 'uncompressed_on_gpu'

/**
 * @param credentials absent: requests go out unsigned
 * @returns a client for a server of {@link startS3}, in path style; the caller destroys it.
 */
export function s3ClientFor(url: string, credentials?: S3Credentials): S3Client {
  const common = { endpoint: url, region: 'us-east-1', forcePathStyle: true }
  if (credentials) return new S3Client({ ...common, credentials })
  return new S3Client({
    ...common,
    credentials: { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' },
    signer: { sign: async request => request },
  })
}

/**
 * Stores a ciphertext as coprocessors do at Gateway contracts v0.11: the key is the keccak256 of the bytes in lower-case
 * hex without 0x, the serialisation is told in the metadata `Ct-Format`.
 * @param target a client, or the URL of a server that takes unsigned puts
 * @returns the digest that goes on chain
 */
export async function uploadCiphertext(
  target: S3Client | string,
  bucket: string,
  bytes: Uint8Array,
  format: CtFormat,
): Promise<Hex> {
  const digest = await keccak256(bytes)
  const client = typeof target === 'string' ? s3ClientFor(target) : target
  try {
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: digest.slice(2), Body: bytes, Metadata: { 'Ct-Format': format } }),
    )
  } finally {
    if (client !== target) client.destroy()
  }
  return digest
}
