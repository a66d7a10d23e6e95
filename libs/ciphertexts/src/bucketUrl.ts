import { isIP } from 'node:net'
import { ConnectorError, isLinkLocalHost, isPrivateHost } from '@kms-connector/protocol'

/** A bucket as its registered URL names it. */
export interface BucketUrl {
  /** Service URL without a trailing slash; path-style: `endpoint/bucket/key` is the object. */
  readonly endpoint: string
  readonly bucket: string
  /** Undefined where the URL does not tell. */
  readonly region: string | undefined
  /** `host`: the bucket is part of the host name. */
  readonly addressing: 'path' | 'host'
  /** The registered URL without trailing slashes; also its name in logs. */
  readonly base: string
}

export interface BucketUrlOptions {
  /** Accept link-local addresses and names of cloud metadata services; false unless told. */
  readonly allowLinkLocal?: boolean
  /** Refuse addresses of this machine and of private networks; false unless told. */
  readonly refusePrivate?: boolean
}

const MAX_LENGTH = 2048
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/
/** `[bucket.]s3[.-]region.amazonaws.com` with all its variants: dualstack, FIPS, accelerate, without region, China. */
const AWS_HOST =
  /^(?:(?<bucket>.+)\.)?s3(?:-fips)?(?:-accelerate)?(?:\.dualstack)?(?:[.-](?<region>[a-z]{2,}(?:-[a-z]+)+-\d{1,2}))?\.amazonaws\.com(?:\.cn)?$/

/**
 * Reads a bucket URL as coprocessors register it: virtual-hosted (`https://bucket.s3.region.amazonaws.com`), path-style
 * (`https://s3.region.amazonaws.com/bucket`), custom endpoint with the region in the path
 * (`https://host/s3/region/bucket`), simple (`http://localhost:9000/bucket`), each with or without trailing slashes.
 * A host name without a path counts as a bucket of that name (a CDN or a CNAME in front of a bucket).
 * @returns BUCKET_URL_INVALID as a value, because one bad registration must not disturb the other sources. Never throws.
 */
export function parseBucketUrl(text: string, options: BucketUrlOptions = {}): BucketUrl | ConnectorError {
  if (typeof text !== 'string' || text.length > MAX_LENGTH)
    return invalid('', `it is no text of up to ${MAX_LENGTH} characters`)
  if (text.trim() === '') return invalid('', 'it is empty')
  if (/^s3:/i.test(text.trim())) {
    return invalid(
      text,
      's3:// names no host; register the https:// URL of the bucket, e.g. https://BUCKET.s3.REGION.amazonaws.com',
    )
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) return invalid(text, 'it is no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return invalid(text, `the scheme ${url.protocol} is not http or https`)
  if (url.username !== '' || url.password !== '') return invalid(text, 'it carries credentials')
  if (url.search !== '' || url.hash !== '') return invalid(text, 'it carries a query or a fragment')
  if (!options.allowLinkLocal && isLinkLocalHost(url.hostname))
    return invalid(text, 'its host is a link-local or metadata address')
  if (options.refusePrivate && isPrivateHost(url.hostname) && !isLinkLocalHost(url.hostname))
    return invalid(text, 'its host is on a private network, which allow_private_buckets would permit')
  return readBucket(url, text)
}

function readBucket(url: URL, text: string): BucketUrl | ConnectorError {
  const segments = url.pathname.split('/').filter(segment => segment !== '')
  const base = [url.origin, ...segments].join('/')
  const aws = AWS_HOST.exec(url.hostname)?.groups
  if (aws?.['bucket'] !== undefined) {
    const endpoint = `${url.protocol}//${url.host.slice(aws['bucket'].length + 1)}`
    return checked({ endpoint, bucket: aws['bucket'], region: aws['region'], addressing: 'host', base }, text)
  }
  const bucket = segments.at(-1)
  if (bucket === undefined) {
    if (aws || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0 || !url.hostname.includes('.'))
      return invalid(text, 'it names no bucket')
    return checked({ endpoint: url.origin, bucket: url.hostname, region: undefined, addressing: 'host', base }, text)
  }
  const endpoint = [url.origin, ...segments.slice(0, -1)].join('/')
  return checked(
    { endpoint, bucket, region: aws?.['region'] ?? regionInPath(segments), addressing: 'path', base },
    text,
  )
}

/** The segment before the bucket, when it looks like a region or follows a segment `s3`. */
function regionInPath(segments: readonly string[]): string | undefined {
  const candidate = segments.at(-2)
  if (candidate === undefined) return undefined
  return REGION.test(candidate) || segments.at(-3) === 's3' ? candidate : undefined
}

function checked(bucket: BucketUrl, text: string): BucketUrl | ConnectorError {
  return BUCKET.test(bucket.bucket) ? bucket : invalid(text, 'its bucket name has characters that no bucket name has')
}

/**
 * @param key object key; slashes separate its segments
 * @returns the URL of an object in the bucket
 */
export function objectUrl(bucket: BucketUrl, key: string): string {
  return `${bucket.base}/${key.split('/').map(encodeURIComponent).join('/')}`
}

function invalid(text: string, why: string): ConnectorError {
  const url = withoutSecrets(text)
  return new ConnectorError('BUCKET_URL_INVALID', `bucket URL "${url}": ${why}`, { url })
}

/** A registered URL may carry a password or a signed query by mistake; neither may reach a log. */
function withoutSecrets(text: string): string {
  const shown = text.replace(/[?#][\s\S]*$/, '?[redacted]').replace(/^([^/@]*\/*)[^/]*@/, '$1[redacted]@')
  return shown.length > 120 ? `${shown.slice(0, 120)}…` : shown
}
