import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { keccak256 } from '@kms-connector/ciphertexts'
import { type FheType, type Hex, hexOf, requestIdValue, uintBytes } from '@kms-connector/protocol'
import type { Devnet } from '../devnet/index.ts'
import { APPLICATION, COPROCESSORS, DELEGATE, DELEGATOR, HOST_CHAIN_ID, USER } from '../devnet/index.ts'
import { type CtFormat, uploadCiphertext } from '../s3/index.ts'
import type { PlannedRequest, PlannedValue } from './order.ts'

/** What making ciphertexts known takes. */
export type CiphertextWorld = Pick<Devnet, 'keys' | 'keyId' | 'owner' | 'hostAcl'>

/** A ciphertext that exists, before anybody knows of it. */
export interface Ciphertext extends PlannedValue {
  readonly handle: Hex
  readonly bytes: Uint8Array
  /** keccak256 of the bytes. */
  readonly digest: Hex
}

/** A request whose ciphertexts are ready to be asked for. */
export interface PreparedRequest extends Omit<PlannedRequest, 'values'> {
  readonly values: readonly Ciphertext[]
}

/** @returns a fresh handle of the host chain, or of another chain or version where a test wants that */
export function newHandle(fheType: FheType, chainId = HOST_CHAIN_ID, version = 0): Hex {
  return hexOf(Buffer.concat([randomBytes(22), uintBytes(BigInt(chainId), 8), Buffer.from([fheType.number, version])]))
}

/** Encrypts a value under the key of the devnet. Blocks this process for up to 70 ms. */
export async function encrypt(
  devnet: Pick<Devnet, 'keys'>,
  planned: PlannedValue,
  handle = newHandle(planned.fheType),
) {
  const bytes = devnet.keys.encrypt(planned.value, planned.fheType, planned.form)
  return { ...planned, handle, bytes, digest: await keccak256(bytes) }
}

/**
 * Makes the ciphertexts of a wave of requests known everywhere, as coprocessors and the host chain would: encrypted,
 * stored in the buckets of both coprocessors, committed on the Gateway and allowed on the host chain.
 */
export async function prepareRequests(
  devnet: CiphertextWorld,
  planned: readonly PlannedRequest[],
  s3: S3Client,
): Promise<PreparedRequest[]> {
  const prepared: PreparedRequest[] = []
  for (const { kind, values } of planned) {
    const ciphertexts: Ciphertext[] = []
    for (const value of values) {
      ciphertexts.push(await encrypt(devnet, value))
      // Encrypting blocks: the S3 server and the display get their turn in between.
      await nextTurn()
    }
    prepared.push({ kind, values: ciphertexts })
  }
  const all = prepared.flatMap(request => request.values)
  await Promise.all([upload(all, s3), commit(devnet, all), allow(devnet, prepared)])
  return prepared
}

/** Stores ciphertexts in the bucket of every coprocessor. */
export async function upload(ciphertexts: readonly Ciphertext[], s3: S3Client): Promise<void> {
  for (const { bytes, form } of ciphertexts) {
    await Promise.all(COPROCESSORS.map(({ bucket }) => uploadCiphertext(s3, bucket, bytes, formatOf(form))))
  }
}

/** Commits ciphertexts on the Gateway. @param coprocessors those whose buckets hold them; all when left out */
export async function commit(
  { owner, keyId }: Pick<Devnet, 'owner' | 'keyId'>,
  ciphertexts: readonly Pick<Ciphertext, 'handle' | 'digest'>[],
  coprocessors = COPROCESSORS.map(({ address }) => address),
): Promise<void> {
  await owner.registerCiphertexts(
    ciphertexts.map(({ handle, digest }) => ({ handle, digest, keyId: requestIdValue(keyId), coprocessors })),
  )
}

/** Allows on the host chain what the requests need: decryption by anybody, by the user, or by the delegator. */
export async function allow({ hostAcl }: Pick<Devnet, 'hostAcl'>, requests: readonly PreparedRequest[]): Promise<void> {
  const handlesOf = (kind: PreparedRequest['kind']) =>
    requests.filter(request => request.kind === kind).flatMap(request => request.values.map(value => value.handle))
  await Promise.all([
    hostAcl.allowForDecryption(handlesOf('public')),
    hostAcl.allow(handlesOf('user'), [USER.address, APPLICATION]),
    hostAcl.allow(handlesOf('delegated'), [DELEGATOR.address, APPLICATION]),
  ])
}

const YEAR_SECONDS = 365 * 24 * 3600

/** Lets the delegate of the devnet read what its delegator may read; needed once before any delegated request. */
export async function delegate({ hostAcl }: Pick<Devnet, 'hostAcl'>): Promise<void> {
  const expirationDate = BigInt(Math.floor(Date.now() / 1000) + YEAR_SECONDS)
  const delegation = { delegate: DELEGATE.address, contractAddress: APPLICATION, expirationDate }
  await hostAcl.delegate(DELEGATOR.privateKey, delegation)
}

function formatOf(form: Ciphertext['form']): CtFormat {
  return form === 'seeded' ? 'compressed_on_cpu' : 'uncompressed_on_cpu'
}
