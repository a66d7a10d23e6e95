import { createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { Health } from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import {
  type KeyGenRequest,
  type KeyGenResultSchema,
  KeySetType,
} from '@kms-connector/kms-client/gen/kms/v1/key_generation_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import { type Address, bytesOf, type Hex, hexOf } from '@kms-connector/protocol'
import { keccak256, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

type Impl = ServiceImpl<typeof CoreServiceEndpoint>
type KskResult = MessageInitShape<typeof KeyGenResultSchema>

/** A KMS Core that makes key-switching keys, and has another Core do all other work. */
export interface KskCore {
  readonly url: string
  /** Key-switching keys it was asked for, repetitions included. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

const TYPES = {
  KskgenVerification: [
    { name: 'kskId', type: 'uint256' },
    { name: 'sourceKeyId', type: 'uint256' },
    { name: 'destKeyId', type: 'uint256' },
    { name: 'keyDigests', type: 'KeyDigest[]' },
  ],
  KeyDigest: [
    { name: 'keyType', type: 'uint8' },
    { name: 'digest', type: 'bytes' },
  ],
} as const

/**
 * Serves gRPC on loopback.
 * @param behind URL of the Core that holds the keys
 * @param signingKey the same as that Core signs with
 */
export async function startKskCore(behind: string, signingKey: Hex): Promise<KskCore> {
  const sessionManager = new Http2SessionManager(behind)
  const transport = createGrpcTransport({ baseUrl: behind, sessionManager, readMaxBytes: 100 << 20 })
  const core = createClient(CoreServiceEndpoint, transport)
  const results = new Map<string, KskResult>()
  const asked: string[] = []
  const impl: Impl = { ...forwarding(core), ...kskRpcs() }

  function kskRpcs(): Pick<Impl, 'keyGen' | 'getKeyGenResult'> {
    return {
      async keyGen(request, context) {
        if (request.keysetConfig?.keysetType !== KeySetType.DECOMPRESSION_ONLY)
          return forwarded(core.keyGen(request, { signal: context.signal }))
        const id = request.requestId?.requestId ?? ''
        asked.push(id)
        if (results.has(id)) throw new ConnectError('the request is known', Code.AlreadyExists)
        const keys = keysOf(request)
        const { fheKeyIds } = await core.getKeyMaterialAvailability({})
        if (!keys.every(key => fheKeyIds.includes(key))) throw new ConnectError('a key is not held', Code.NotFound)
        results.set(id, await generate(request, id, keys, signingKey))
        return {}
      },
      async getKeyGenResult(id, context) {
        return results.get(id.requestId) ?? forwarded(core.getKeyGenResult(id, { signal: context.signal }))
      },
    }
  }

  const stopper = new AbortController()
  const server = createServer(
    connectNodeAdapter({
      readMaxBytes: 100 << 20,
      connect: false,
      grpcWeb: false,
      shutdownSignal: stopper.signal,
      routes: router => {
        router.service(CoreServiceEndpoint, impl)
        router.service(Health, { check: () => ({ status: 1 }) })
      },
    }),
  )
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => sessions.add(session))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // CAST: it listens on a TCP port
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async stop() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      stopper.abort()
      for (const session of sessions) session.destroy()
      sessionManager.abort()
      await closed
    },
  }
}

type Calls = Readonly<Record<string, (request: unknown, options: { signal: AbortSignal }) => Promise<unknown>>>

/** Every RPC of the service as a call to another Core. */
function forwarding(core: object): Impl {
  const calls = core as Calls // CAST: a client has one function per RPC, all unary
  const forward =
    (name: string) =>
    (request: unknown, { signal }: HandlerContext) =>
      forwarded(calls[name]?.(request, { signal }))
  const impl = Object.fromEntries(CoreServiceEndpoint.methods.map(({ localName }) => [localName, forward(localName)]))
  return impl as unknown as Impl // CAST: built from the methods of the service itself
}

/** A status passes with its code and text only: its headers belong to the other connection. */
async function forwarded<T>(answer: Promise<T> | undefined): Promise<T> {
  try {
    if (!answer) throw new ConnectError('no such RPC', Code.Unimplemented)
    return await answer
  } catch (fault) {
    const { rawMessage, code } = ConnectError.from(fault)
    throw new ConnectError(rawMessage, code)
  }
}

function keysOf({ keysetAddedInfo }: KeyGenRequest): [string, string] {
  const from = keysetAddedInfo?.fromKeysetIdDecompressionOnly?.requestId
  const to = keysetAddedInfo?.toKeysetIdDecompressionOnly?.requestId
  if (!from || !to) throw new ConnectError('a key id is missing', Code.InvalidArgument)
  return [from, to]
}

async function generate(
  { domain }: KeyGenRequest,
  id: string,
  [from, to]: [string, string],
  signingKey: Hex,
): Promise<KskResult> {
  if (!domain) throw new ConnectError('the domain is missing', Code.InvalidArgument)
  const digest = keccak256(toHex(`${from}${to}`))
  const externalSignature = await privateKeyToAccount(signingKey).signTypedData({
    domain: {
      name: domain.name,
      version: domain.version,
      chainId: BigInt(hexOf(domain.chainId)),
      verifyingContract: domain.verifyingContract as Address, // CAST: a wrong one makes a signature that nobody accepts
    },
    types: TYPES,
    primaryType: 'KskgenVerification',
    message: {
      kskId: BigInt(`0x${id}`),
      sourceKeyId: BigInt(`0x${from}`),
      destKeyId: BigInt(`0x${to}`),
      keyDigests: [{ keyType: 2, digest }],
    },
  })
  return {
    requestId: { requestId: id },
    keyDigests: [{ keyType: 'DecompressionKey', digest: bytesOf(digest) }],
    externalSignature: bytesOf(externalSignature),
  }
}
