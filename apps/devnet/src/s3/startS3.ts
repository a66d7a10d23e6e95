import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BucketAccess, Buckets } from './buckets.ts'
import type { S3FaultHook } from './fault.ts'
import { handleRequest } from './handleRequest.ts'
import type { S3Credentials } from './signatureV4.ts'

export interface S3Options {
  /** 0 or absent: the operating system picks a free one. */
  readonly port?: number
  /** Buckets that exist from the start. */
  readonly buckets: Readonly<Record<string, BucketAccess>>
  /** Key pairs whose signatures are accepted; absent or empty: nothing needs a signature. */
  readonly credentials?: readonly S3Credentials[]
  /** Ceiling of one object in bytes; 128 MiB unless told. */
  readonly maxObjectBytes?: number
  /** Ceiling of all objects together in bytes; 2 GiB unless told. */
  readonly maxTotalBytes?: number
  readonly faults?: S3FaultHook
}

export interface S3Server {
  /** Base URL without a trailing slash. */
  readonly url: string
  /** @returns the path-style URL of a bucket, as a coprocessor would register it. */
  bucketUrl(name: string): string
  /** Drops every connection and frees the port. */
  stop(): Promise<void>
}

/**
 * Starts an S3 server on loopback: objects in memory, path-style and virtual-hosted addressing, user metadata, ranges,
 * XML errors, Signature Version 4.
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const buckets = new Buckets(options.maxTotalBytes ?? 2 * 1024 ** 3)
  for (const [name, access] of Object.entries(options.buckets)) buckets.create(name, access)
  const stopping = new AbortController()
  const service = {
    buckets,
    credentials: options.credentials ?? [],
    maxObjectBytes: options.maxObjectBytes ?? 128 * 1024 ** 2,
    faults: options.faults ?? (() => undefined),
    stopping: stopping.signal,
  }
  const server = createServer({ requestTimeout: 60_000 }, (request, response) => {
    // A client that goes away while it is answered is its own business.
    response.on('error', () => response.destroy())
    void handleRequest(service, request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // CAST: a TCP server that listens has an address object
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    bucketUrl: name => `${url}/${name}`,
    stop: () =>
      new Promise(resolve => {
        stopping.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
