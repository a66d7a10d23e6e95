import { randomBytes } from 'node:crypto'
import { keccak256 } from '@kms-connector/ciphertexts'
import { decodeLog, fetchLogs, Rpc } from '@kms-connector/gateway'
import { type Address, type FheType, type Hex, hexOf, type Request, uintBytes } from '@kms-connector/protocol'
import { type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import {
  type Anvil,
  deployGateway,
  deployHostChain,
  devKey,
  type GatewayDeployment,
  GatewayOwner,
  HostAclOwner,
  type PlacedRequest,
  Relayer,
  startAnvil,
} from '../../apps/devnet/src/chain/index.ts'
import { DEV_KEY_ID, generateUserKeys, TfheKeys } from '../../apps/devnet/src/core/index.ts'
import {
  type S3Fault,
  type S3Observation,
  type S3Server,
  startS3,
  uploadCiphertext,
} from '../../apps/devnet/src/s3/index.ts'
import { typeNamed } from '../core/coreClient.ts'
import { TABLE } from './workerBench.ts'

export const APPLICATION: Address = '0xc0ffee00000000000000000000000000000000aa'
export const USER: LocalAccount = privateKeyToAccount(devKey(6))
export const DELEGATE: LocalAccount = privateKeyToAccount(devKey(7))
export const DELEGATOR: LocalAccount = privateKeyToAccount(devKey(8))
export const USER_KEYS = generateUserKeys()
const SEED = 'worker tests'
const GATEWAY_CHAIN = 54_321
const HOST_CHAIN = 12_345
/** A host chain that the Gateway knows and the workers do not. */
export const OTHER_CHAIN = 777
const BUCKETS = ['one', 'two'] as const
const COPROCESSORS = [2, 4].map(index => lower(privateKeyToAccount(devKey(index)).address))

/** A Gateway, a host chain and buckets, with helpers that do what users and coprocessors do. */
export interface World {
  readonly rpcUrl: string
  readonly hostRpcUrl: string
  readonly hostChainId: number
  readonly gateway: GatewayDeployment
  readonly acl: Address
  readonly wallet: Address
  readonly owner: GatewayOwner
  readonly hostAcl: HostAclOwner
  readonly relayer: Relayer
  readonly s3: S3Server
  readonly coreOptions: { readonly seed: string; readonly signingKey: Hex }
  /** Makes the buckets misbehave. */
  s3Faults: (request: S3Observation) => S3Fault | undefined
  /** A ciphertext that everybody knows; what is left out happens. */
  ciphertext(options?: CiphertextOptions): Promise<Hex>
  /** Handles of as many bools, all with the same ciphertext. */
  manyCiphertexts(count: number): Promise<Hex[]>
  /** Registers another bucket for both coprocessors. */
  moveBuckets(bucket: string): Promise<void>
  /** Registers another signer for the node. */
  registerSigner(signer: Address): Promise<void>
  publicRequest(handles: readonly Hex[]): Promise<Request>
  userRequest(handles: readonly Hex[], delegator?: Address): Promise<Request>
  stop(): Promise<void>
}

export interface CiphertextOptions {
  readonly value?: bigint
  readonly type?: FheType
  readonly chainId?: number
  /** Buckets that hold it; both when left out. */
  readonly buckets?: readonly string[]
  /** Stored and committed instead of an encryption. */
  readonly bytes?: Uint8Array
  /** Allowed for public decryption, the user, the delegator and the application; true when left out. */
  readonly allowed?: boolean
  /** Written on chain instead of the digest of the bytes. */
  readonly digest?: Hex
}

export async function startWorld(): Promise<World> {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    await Promise.all(stops.map(end => end()))
  }
  try {
    const anvil = await startAnvil({ chainId: GATEWAY_CHAIN })
    stops.push(() => anvil.stop())
    const host = await startAnvil({ chainId: HOST_CHAIN })
    stops.push(() => host.stop())
    return await build(anvil, host, stops, stop)
  } catch (fault) {
    await stop()
    throw fault
  }
}

async function build(anvil: Anvil, host: Anvil, stops: (() => Promise<void>)[], stop: () => Promise<void>) {
  const deployer = devKey(0)
  const faults: { current: World['s3Faults'] } = { current: () => undefined }
  const s3 = await startS3({
    buckets: { one: 'public-read', two: 'public-read', three: 'public-read' },
    faults: request => (request.method === 'GET' ? faults.current(request) : undefined),
  })
  stops.push(() => s3.stop())
  const signingKey = hexOf(randomBytes(32))
  const wallet = lower(privateKeyToAccount(devKey(10)).address)
  const acl = await deployHostChain({ rpcUrl: host.rpcUrl, deployer })
  const coprocessors = COPROCESSORS.map((txSender, i) => ({
    txSender,
    signer: privateKeyToAccount(devKey(3 + 2 * i)).address,
    s3BucketUrl: s3.bucketUrl(BUCKETS[i] ?? 'one'),
  }))
  const gateway = await deployGateway({
    rpcUrl: anvil.rpcUrl,
    deployer,
    kmsNodes: [{ txSender: wallet, signer: privateKeyToAccount(signingKey).address }],
    thresholds: THRESHOLDS,
    coprocessors,
    hostChains: [
      { chainId: HOST_CHAIN, acl },
      { chainId: OTHER_CHAIN, acl },
    ],
  })
  const owner = new GatewayOwner({ rpcUrl: anvil.rpcUrl, gateway, privateKey: deployer })
  const hostAcl = new HostAclOwner({ rpcUrl: host.rpcUrl, acl, privateKey: deployer })
  const relayer = new Relayer({ rpcUrl: anvil.rpcUrl, gateway, privateKey: devKey(1) })
  const expirationDate = BigInt(Math.floor(Date.now() / 1000) + 86_400)
  await hostAcl.delegate(devKey(8), { delegate: DELEGATE.address, contractAddress: APPLICATION, expirationDate })
  const parties = { owner, hostAcl, relayer }
  const rpc = new Rpc({ url: anvil.rpcUrl, timeoutMs: 20_000 })
  const world: World = {
    ...parties,
    rpcUrl: anvil.rpcUrl,
    hostRpcUrl: host.rpcUrl,
    hostChainId: HOST_CHAIN,
    gateway,
    acl,
    wallet,
    s3,
    coreOptions: { seed: SEED, signingKey },
    get s3Faults() {
      return faults.current
    },
    set s3Faults(hook) {
      faults.current = hook
    },
    ciphertext: options => makeCiphertext(parties, s3.url, options),
    manyCiphertexts: count => makeMany(parties, s3.url, count),
    async moveBuckets(bucket) {
      await owner.updateCoprocessors(coprocessors.map(entry => ({ ...entry, s3BucketUrl: s3.bucketUrl(bucket) })))
    },
    async registerSigner(signer) {
      await owner.updateKmsNodes([{ txSender: wallet, signer }], THRESHOLDS)
    },
    publicRequest: async handles => requestOf(rpc, gateway, await relayer.requestPublicDecryption({ handles })),
    async userRequest(handles, delegator) {
      const pairs = handles.map(handle => ({ handle, contractAddress: APPLICATION }))
      const order = { pairs, hostChainId: HOST_CHAIN, publicKey: hexOf(USER_KEYS.encKey) }
      const placed = delegator
        ? await relayer.requestDelegatedUserDecryption(DELEGATE, delegator, order)
        : await relayer.requestUserDecryption(USER, order)
      return requestOf(rpc, gateway, placed)
    },
    stop,
  }
  return world
}

/** The request as the listener would publish it. */
async function requestOf(
  rpc: Rpc,
  { chainId, decryption }: GatewayDeployment,
  placed: PlacedRequest,
): Promise<Request> {
  const block = Number(placed.blockNumber)
  const filter = { addresses: [decryption], topics: TABLE.topics(TABLE.all), fromBlock: block, toBlock: block }
  for (const log of await fetchLogs(rpc, filter)) {
    const decoded = decodeLog(TABLE, chainId, log)
    if (decoded.kind === 'request' && decoded.request.id === placed.id) return decoded.request
  }
  throw new Error(`block ${block} holds no request ${placed.id}`)
}

const THRESHOLDS = { publicDecryption: 1, userDecryption: 1, kmsGen: 1, mpc: 0 }
const keys = TfheKeys.derive(SEED)

function lower(address: Address): Address {
  return address.toLowerCase() as Address // CAST: lower case keeps the 0x
}

async function makeCiphertext(
  { owner, hostAcl }: Pick<World, 'owner' | 'hostAcl'>,
  s3Url: string,
  {
    value = 7n,
    type = typeNamed('uint8'),
    chainId = HOST_CHAIN,
    buckets = BUCKETS,
    bytes,
    allowed = true,
    digest,
  }: CiphertextOptions = {},
): Promise<Hex> {
  const handle = newHandle(type, chainId)
  const blob = bytes ?? keys.encrypt(value, type)
  for (const bucket of buckets) await uploadCiphertext(s3Url, bucket, blob, 'compressed_on_cpu')
  const committed = digest ?? (await keccak256(blob))
  await owner.registerCiphertexts([
    { handle, digest: committed, keyId: BigInt(`0x${DEV_KEY_ID}`), coprocessors: COPROCESSORS },
  ])
  if (allowed) await allow(hostAcl, [handle])
  return handle
}

async function makeMany({ owner, hostAcl }: Pick<World, 'owner' | 'hostAcl'>, s3Url: string, count: number) {
  const bool = typeNamed('bool')
  const blob = keys.encrypt(1n, bool)
  const digest = await uploadCiphertext(s3Url, 'one', blob, 'compressed_on_cpu')
  const handles = Array.from({ length: count }, () => newHandle(bool, HOST_CHAIN))
  const keyId = BigInt(`0x${DEV_KEY_ID}`)
  await owner.registerCiphertexts(handles.map(handle => ({ handle, digest, keyId, coprocessors: COPROCESSORS })))
  await allow(hostAcl, handles)
  return handles
}

function newHandle(type: FheType, chainId: number): Hex {
  return hexOf(Buffer.concat([randomBytes(22), uintBytes(BigInt(chainId), 8), Buffer.from([type.number, 0])]))
}

export async function allow(hostAcl: HostAclOwner, handles: readonly Hex[]): Promise<void> {
  await hostAcl.allowForDecryption(handles)
  await hostAcl.allow(handles, [USER.address, DELEGATOR.address, APPLICATION])
}
