import { S3Error } from './s3Error.ts'

/** What a request is about, whichever of the two addressing styles it used. */
export interface S3Target {
  /** Empty for requests about the service itself. */
  readonly bucket: string
  /** Empty for requests about the bucket. */
  readonly key: string
  readonly query: URLSearchParams
  /** Path exactly as it came, still percent-encoded: the signature covers it. */
  readonly rawPath: string
  readonly rawQuery: string
}

/** Hosts that precede nothing but a bucket name in virtual-hosted addressing. */
const SERVICE_HOST = /(?:^|\.)((?:s3[.-])?localhost|127\.0\.0\.1|s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com)$/

/**
 * Finds bucket and key: virtual-hosted style when the Host header puts a name before a service host, path style otherwise.
 * @param url request target of the request line
 * @param host Host header, port included
 * @throws S3Error InvalidURI when the path is not valid percent-encoding
 */
export function targetOf(url: string, host: string): S3Target {
  const question = url.indexOf('?')
  const rawPath = question < 0 ? url : url.slice(0, question)
  const rawQuery = question < 0 ? '' : url.slice(question + 1)
  const path = decodePath(rawPath).replace(/^\//, '')
  const query = new URLSearchParams(rawQuery)
  const bucket = bucketOfHost(host)
  if (bucket !== '') return { bucket, key: path, query, rawPath, rawQuery }
  const slash = path.indexOf('/')
  if (slash < 0) return { bucket: path, key: '', query, rawPath, rawQuery }
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1), query, rawPath, rawQuery }
}

function bucketOfHost(host: string): string {
  const name = host.toLowerCase().replace(/:\d+$/, '')
  const service = SERVICE_HOST.exec(name)
  return service ? name.slice(0, service.index) : ''
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.")
  }
}
