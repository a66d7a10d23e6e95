import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Client, type Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import {
  FHE_TYPES,
  type FheType,
  type Hex,
  hexOf,
  type RequestId,
  requestIdOf,
  uintBytes,
} from '@kms-connector/protocol'
import { getAddress } from 'viem'
import {
  type BlobForm,
  type CoreOptions,
  DEV_KEY_ID,
  generateUserKeys,
  type RunningCore,
  startCore,
  TfheKeys,
} from '../../apps/devnet/src/core/index.ts'

export const SEED = 'core tests'
export const KEYS = TfheKeys.derive(SEED)
export const USER_KEYS = generateUserKeys()
export const USER = getAddress('0x17853a630aae15aed549b2b874de08b73c0f59c5')

/** Domain of the Decryption contract as viem and clients want it. */
export const DOMAIN = {
  name: 'Decryption',
  version: '1',
  chainId: 54321n,
  verifyingContract: getAddress('0x66f9664f97f2b50f62d13ea064982f936de76657'),
}

/** One value of every supported type, each using its whole width. */
export const VALUES: ReadonlyMap<string, bigint> = new Map([
  ['bool', 1n],
  ['uint8', 200n],
  ['uint16', 60_000n],
  ['uint32', 4_000_000_000n],
  ['uint64', (1n << 63n) + 12_345n],
  ['uint128', (1n << 127n) + 5n],
  ['address', (1n << 159n) + 7n],
  ['uint256', (1n << 255n) + 9n],
])

export const ALL_TYPES: readonly FheType[] = [...FHE_TYPES.values()]

export function typeNamed(name: string): FheType {
  const found = ALL_TYPES.find(type => type.name === name)
  if (!found) throw new Error(`there is no FHE type ${name}`)
  return found
}

export function sampleOf(type: FheType): bigint {
  const value = VALUES.get(type.name)
  if (value === undefined) throw new Error(`there is no value for ${type.name}`)
  return value
}

/** The protobuf form of {@link DOMAIN}. */
export const coreDomain = (name = DOMAIN.name) => ({
  name,
  version: DOMAIN.version,
  chainId: uintBytes(DOMAIN.chainId, 32),
  verifyingContract: String(DOMAIN.verifyingContract),
})

export function newHandle(type: FheType): Hex {
  return hexOf(Buffer.concat([randomBytes(22), uintBytes(12_345n, 8), Buffer.from([type.number, 0])]))
}

/** A ciphertext as the connector sends it: labelled BigExpanded whatever it is. */
export function ciphertext(type: FheType, handle: Hex, form: BlobForm = 'seeded') {
  return {
    ciphertext: KEYS.encrypt(sampleOf(type), type, form),
    fheType: type.number,
    externalHandle: Buffer.from(handle.slice(2), 'hex'),
    ciphertextFormat: 3,
  }
}

let serial = 0n

/** A request id that was never used before in this process. */
export function nextId(type = 1n): RequestId {
  serial += 1n
  return requestIdOf((type << 248n) + serial)
}

export const idMessage = (requestId: string) => ({ requestId })

/** A small valid public decryption request. */
export function publicRequest(requestId: string = nextId(1n), types: readonly FheType[] = [typeNamed('uint8')]) {
  return {
    requestId: idMessage(requestId),
    ciphertexts: types.map(type => ciphertext(type, newHandle(type))),
    keyId: idMessage(DEV_KEY_ID),
    domain: coreDomain(),
    extraData: new Uint8Array([0]),
  }
}

/** A small valid user decryption request. */
export function userRequest(
  requestId: string = nextId(2n),
  handles: readonly Hex[] = [newHandle(typeNamed('uint8'))],
  form: BlobForm = 'seeded',
) {
  return {
    requestId: idMessage(requestId),
    typedCiphertexts: handles.map(handle => ciphertext(typeOf(handle), handle, form)),
    keyId: idMessage(DEV_KEY_ID),
    clientAddress: String(USER),
    encKey: USER_KEYS.encKey,
    domain: coreDomain(),
    extraData: new Uint8Array([0]),
  }
}

function typeOf(handle: Hex): FheType {
  const type = FHE_TYPES.get(Number.parseInt(handle.slice(62, 64), 16))
  if (!type) throw new Error('the handle has no type')
  return type
}

export type CoreClient = Client<typeof CoreServiceEndpoint>

/** A gRPC client over a connection of its own, closed with the test. */
export function connect(t: TestContext, core: Pick<RunningCore, 'url'>): CoreClient {
  const sessionManager = new Http2SessionManager(core.url)
  t.after(() => sessionManager.abort())
  const limit = 100 << 20
  return createClient(
    CoreServiceEndpoint,
    createGrpcTransport({
      baseUrl: core.url,
      sessionManager,
      readMaxBytes: limit,
      writeMaxBytes: limit,
      defaultTimeoutMs: 60_000,
    }),
  )
}

/** Starts a Core that stops with the test, and a client of it. */
export async function start(
  t: TestContext,
  options: Partial<CoreOptions> = {},
): Promise<{ core: RunningCore; client: CoreClient }> {
  const core = await startCore({ seed: SEED, signingKey: hexOf(randomBytes(32)), ...options })
  t.after(() => core.stop())
  return { core, client: connect(t, core) }
}

/** The status code a call ends with; undefined when it succeeds. */
export async function codeOf(call: Promise<unknown>): Promise<Code | undefined> {
  try {
    await call
    return undefined
  } catch (fault) {
    return ConnectError.from(fault).code
  }
}
