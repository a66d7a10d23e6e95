import type { StoredObject } from './buckets.ts'
import { S3Error, xmlText } from './s3Error.ts'

/**
 * ListObjectsV2 over keys that are already in order. Understands `prefix`, `max-keys`, `start-after` and
 * `continuation-token`; the token is the last key of the page before, in base64url.
 * @throws S3Error InvalidArgument
 */
export function listObjectsXml(
  bucket: string,
  query: URLSearchParams,
  objects: readonly (readonly [string, StoredObject])[],
): string {
  const prefix = query.get('prefix') ?? ''
  const maxKeys = Number(query.get('max-keys') ?? 1000)
  if (!Number.isInteger(maxKeys) || maxKeys < 0) throw new S3Error('InvalidArgument', 'max-keys is not a number.')
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString()
  const left = objects.filter(
    ([key]) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0,
  )
  const page = left.slice(0, Math.min(maxKeys, 1000))
  const truncated = page.length > 0 && page.length < left.length
  const last = page.at(-1)?.[0] ?? ''
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${xmlText(bucket)}</Name><Prefix>${xmlText(prefix)}</Prefix><KeyCount>${page.length}</KeyCount>`,
    `<MaxKeys>${maxKeys}</MaxKeys><IsTruncated>${truncated}</IsTruncated>`,
    truncated ? `<NextContinuationToken>${Buffer.from(last).toString('base64url')}</NextContinuationToken>` : '',
    ...page.map(([key, object]) => contents(key, object)),
    '</ListBucketResult>',
  ].join('')
}

function contents(key: string, object: StoredObject): string {
  return `<Contents><Key>${xmlText(key)}</Key><LastModified>${object.lastModified.toISOString()}</LastModified><ETag>${xmlText(object.etag)}</ETag><Size>${object.body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
}
