import { createHash } from 'node:crypto'
import { S3Error } from './s3Error.ts'

/** Who may read a bucket without a signature. */
export type BucketAccess = 'public-read' | 'private'

export interface StoredObject {
  readonly body: Buffer
  /** MD5 of the body in double quotes, as S3 gives it for objects of one part. */
  readonly etag: string
  readonly lastModified: Date
  readonly contentType: string
  /** User metadata, names without `x-amz-meta-`, in lower case. */
  readonly metadata: ReadonlyMap<string, string>
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

interface Bucket {
  readonly access: BucketAccess
  readonly objects: Map<string, StoredObject>
}

/** Buckets and objects in memory, under a ceiling for all bytes together. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>()
  readonly #maxTotalBytes: number
  #totalBytes = 0

  constructor(maxTotalBytes: number) {
    this.#maxTotalBytes = maxTotalBytes
  }

  /** @throws S3Error InvalidBucketName, BucketAlreadyOwnedByYou */
  create(name: string, access: BucketAccess): void {
    if (!BUCKET_NAME.test(name)) throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.')
    if (this.#buckets.has(name)) throw new S3Error('BucketAlreadyOwnedByYou', 'The bucket exists and you own it.')
    this.#buckets.set(name, { access, objects: new Map() })
  }

  /** @returns undefined for an unknown bucket. */
  access(name: string): BucketAccess | undefined {
    return this.#buckets.get(name)?.access
  }

  /** @throws S3Error NoSuchBucket, ServiceUnavailable when the server holds as much as it may */
  put(
    name: string,
    key: string,
    body: Buffer,
    contentType: string,
    metadata: ReadonlyMap<string, string>,
  ): StoredObject {
    const { objects } = this.#bucket(name)
    const total = this.#totalBytes - (objects.get(key)?.body.length ?? 0) + body.length
    if (total > this.#maxTotalBytes)
      throw new S3Error('ServiceUnavailable', 'This server holds as many bytes as it may.')
    const etag = `"${createHash('md5').update(body).digest('hex')}"`
    const object: StoredObject = { body, etag, lastModified: new Date(), contentType, metadata }
    objects.set(key, object)
    this.#totalBytes = total
    return object
  }

  /** @throws S3Error NoSuchBucket, NoSuchKey */
  get(name: string, key: string): StoredObject {
    const object = this.#bucket(name).objects.get(key)
    if (!object) throw new S3Error('NoSuchKey', 'The specified key does not exist.')
    return object
  }

  /** Deleting what is not there is no error. @throws S3Error NoSuchBucket */
  delete(name: string, key: string): void {
    const { objects } = this.#bucket(name)
    this.#totalBytes -= objects.get(key)?.body.length ?? 0
    objects.delete(key)
  }

  /** @returns keys with their objects in the byte order of the keys. @throws S3Error NoSuchBucket */
  list(name: string): [key: string, object: StoredObject][] {
    return [...this.#bucket(name).objects].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name)
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist.')
    return bucket
  }
}
