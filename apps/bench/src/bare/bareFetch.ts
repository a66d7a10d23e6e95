import { createKeccak } from 'hash-wasm'
import { Pool } from 'undici'
import type { Hex } from 'viem'
import { httpDispatch } from '../world/httpDispatch.ts'

const CONNECTIONS = 32

/** The least that fetching takes: GET an object of a bucket and compare its keccak256 with its name. */
export async function bareFetch(bucketUrl: string): Promise<(digest: Hex) => Promise<Uint8Array>> {
  const keccak = await createKeccak(256)
  const bucket = new URL(bucketUrl)
  const s3 = new Pool(bucket.origin, { connections: CONNECTIONS })
  return async digest => {
    const bytes = await httpDispatch(s3, { path: `${bucket.pathname}/${digest.slice(2)}`, method: 'GET' })
    keccak.init()
    keccak.update(bytes)
    if (`0x${keccak.digest('hex')}` !== digest) throw new Error('digest')
    return bytes
  }
}
