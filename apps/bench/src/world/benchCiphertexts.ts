import { randomBytes } from 'node:crypto'
import { keccak256 } from '@kms-connector/ciphertexts'
import {
  APPLICATION,
  COPROCESSORS,
  DEV_KEY_ID,
  type GatewayOwner,
  HOST_CHAIN_ID,
  type HostAclOwner,
  USER,
} from '@kms-connector/devnet'
import { FHE_TYPES, type Hex, hexOf, requestIdValue, uintBytes } from '@kms-connector/protocol'
import { request } from 'undici'

/** Different ciphertexts of one size: enough that nothing is served from a cache of the last few. */
const DISTINCT = 64
const VERSION = 0

/** Stores ciphertexts of one size in every bucket, commits them on the Gateway and allows them on the host chain. */
export async function makeCiphertexts(
  bytes: number,
  bucketUrls: readonly string[],
  owner: GatewayOwner,
  hostAcl: HostAclOwner,
): Promise<readonly Hex[]> {
  const made = await Promise.all(
    Array.from({ length: DISTINCT }, async () => {
      const body = randomBytes(bytes)
      return { handle: newHandle(), body, digest: await keccak256(body) }
    }),
  )
  for (const url of bucketUrls)
    await Promise.all(made.map(({ body, digest }) => put(`${url}/${digest.slice(2)}`, body)))
  const coprocessors = COPROCESSORS.map(({ address }) => address)
  const handles = made.map(({ handle }) => handle)
  await owner.registerCiphertexts(
    made.map(({ handle, digest }) => ({ handle, digest, keyId: requestIdValue(DEV_KEY_ID), coprocessors })),
  )
  await hostAcl.allowForDecryption(handles)
  await hostAcl.allow(handles, [USER.address, APPLICATION])
  return handles
}

function newHandle(): Hex {
  const bool = [...FHE_TYPES.values()].find(({ name }) => name === 'bool')
  if (!bool) throw new RangeError('there is no type bool')
  return hexOf(
    Buffer.concat([randomBytes(22), uintBytes(BigInt(HOST_CHAIN_ID), 8), Uint8Array.of(bool.number, VERSION)]),
  )
}

async function put(url: string, body: Uint8Array): Promise<void> {
  const headers = { 'x-amz-meta-ct-format': 'compressed_on_cpu' }
  const answer = await request(url, { method: 'PUT', headers, body })
  await answer.body.dump()
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`)
}
