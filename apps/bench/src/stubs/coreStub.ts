import { create, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import * as grpc from '@grpc/grpc-js'
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import {
  PublicDecryptionResponseSchema,
  type TypedCiphertext,
  UserDecryptionResponseSchema,
} from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import type { Eip712DomainMsg } from '@kms-connector/kms-client/gen/kms/v1/request_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import { encodeUserDecryptedShare, type Hex, hexOf } from '@kms-connector/protocol'
import secp256k1 from 'secp256k1'
import { getAddress, hashTypedData } from 'viem'

/**
 * A KMS Core that is fast enough not to be the limit: it decrypts nothing, every value is the number 1, but it keeps the
 * submit and poll contract and its EIP-712 signatures are true. For benchmarks only. Prints its URL as a line of JSON.
 */
const KEY = Buffer.from((process.env['KMS_BENCH_CORE_SIGNING_KEY'] ?? '').replace(/^0x/, ''), 'hex')
/** How long a request waits until it is accepted, milliseconds. */
const DELAY_MS = Number(process.env['KMS_BENCH_CORE_DELAY_MS'] ?? 0)
const MAX_MESSAGE_BYTES = 100 << 20
/** Results kept; a request that is asked for later is unknown, as to a Core that forgot it. */
const KEPT = 100_000
/** Bytes of one signcrypted value of a real Core. */
const SIGNCRYPTED = Buffer.alloc(1_300, 7)
const BYTES = { name: 'extraData', type: 'bytes' }
const HANDLES = { name: 'ctHandles', type: 'bytes32[]' }

const results = new Map<string, Buffer>()

type Rpc = keyof typeof CoreServiceEndpoint.method
type In<R extends Rpc> = MessageShape<(typeof CoreServiceEndpoint.method)[R]['input']>

function sign(
  domain: Eip712DomainMsg | undefined,
  primaryType: string,
  fields: readonly { name: string; type: string }[],
  message: Record<string, unknown>,
): Uint8Array {
  if (!domain) throw new RangeError('no domain')
  const digest = hashTypedData({
    domain: {
      name: domain.name,
      version: domain.version,
      chainId: BigInt(hexOf(domain.chainId)),
      verifyingContract: getAddress(domain.verifyingContract),
    },
    types: { [primaryType]: fields },
    primaryType,
    message,
  })
  const { signature, recid } = secp256k1.ecdsaSign(Buffer.from(digest.slice(2), 'hex'), KEY)
  return Buffer.concat([signature, Uint8Array.of(27 + recid)])
}

function handlesOf(ciphertexts: readonly TypedCiphertext[]): Hex[] {
  return ciphertexts.map(({ externalHandle }) => hexOf(externalHandle))
}

function publicDecrypt({ requestId, ciphertexts, domain }: In<'publicDecrypt'>): void {
  const decryptedResult: Hex = `0x${ciphertexts.map(() => '1'.padStart(64, '0')).join('')}`
  const externalSignature = sign(
    domain,
    'PublicDecryptVerification',
    [HANDLES, { name: 'decryptedResult', type: 'bytes' }, BYTES],
    {
      ctHandles: handlesOf(ciphertexts),
      decryptedResult,
      extraData: '0x',
    },
  )
  const plaintexts = ciphertexts.map(({ fheType }) => ({ bytes: Uint8Array.of(1), fheType }))
  const response = create(PublicDecryptionResponseSchema, {
    externalSignature,
    payload: { plaintexts, requestId: requestId ?? {} },
  })
  keep(requestId?.requestId, toBinary(PublicDecryptionResponseSchema, response))
}

function userDecrypt({ requestId, typedCiphertexts, domain, encKey }: In<'userDecrypt'>): void {
  const payload = {
    verificationKey: new Uint8Array(41),
    digest: new Uint8Array(32),
    signcryptedCiphertexts: typedCiphertexts.map(({ fheType, externalHandle }) => ({
      fheType,
      externalHandle,
      signcryptedCiphertext: SIGNCRYPTED,
      packingFactor: 1,
    })),
    partyId: 1,
    degree: 0,
  }
  const externalSignature = sign(
    domain,
    'UserDecryptResponseVerification',
    [{ name: 'publicKey', type: 'bytes' }, HANDLES, { name: 'userDecryptedShare', type: 'bytes' }, BYTES],
    {
      publicKey: hexOf(encKey),
      ctHandles: handlesOf(typedCiphertexts),
      userDecryptedShare: encodeUserDecryptedShare(payload),
      extraData: '0x',
    },
  )
  const response = create(UserDecryptionResponseSchema, { externalSignature, payload })
  keep(requestId?.requestId, toBinary(UserDecryptionResponseSchema, response))
}

function keep(id: string | undefined, result: Uint8Array): void {
  const [oldest] = results.size >= KEPT ? results.keys() : []
  if (oldest !== undefined) results.delete(oldest)
  results.set(id ?? '', Buffer.from(result))
}

type Handler = (body: Buffer) => Buffer
const EMPTY = Buffer.alloc(0)

function submit<R extends 'publicDecrypt' | 'userDecrypt'>(rpc: R, work: (message: In<R>) => void): Handler {
  const { input } = CoreServiceEndpoint.method[rpc]
  return body => {
    work(fromBinary(input, body) as In<R>) // CAST: the schema of this RPC decodes to its message
    return EMPTY
  }
}

function poll(body: Buffer): Buffer {
  const { requestId } = fromBinary(CoreServiceEndpoint.method.getPublicDecryptionResult.input, body)
  const found = results.get(requestId)
  if (found) return found
  throw Object.assign(new Error('unknown request'), { code: grpc.status.NOT_FOUND })
}

const serving = toBinary(Health.method.check.output, create(Health.method.check.output, { status: Status.SERVING }))

const SUBMITS: ReadonlySet<string> = new Set(['PublicDecrypt', 'UserDecrypt'])

const core: Readonly<Record<string, Handler>> = {
  PublicDecrypt: submit('publicDecrypt', publicDecrypt),
  UserDecrypt: submit('userDecrypt', userDecrypt),
  GetPublicDecryptionResult: poll,
  GetUserDecryptionResult: poll,
}

function definition(
  service: string,
  handlers: Readonly<Record<string, Handler>>,
): [grpc.ServiceDefinition, grpc.UntypedServiceImplementation] {
  const raw = (body: Buffer) => body
  const entries = Object.keys(handlers).map(name => {
    const shape = {
      path: `/${service}/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    }
    return [name, shape] as const
  })
  const implementation = Object.entries(handlers).map(([name, handle]) => {
    const unary = (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      const answer = () => {
        try {
          done(null, handle(call.request))
        } catch (fault) {
          done(fault as grpc.ServiceError) // CAST: grpc-js takes any error, with a code or without
        }
      }
      if (DELAY_MS > 0 && SUBMITS.has(name)) setTimeout(answer, DELAY_MS)
      else answer()
    }
    return [name, unary] as const
  })
  return [Object.fromEntries(entries), Object.fromEntries(implementation)]
}

const server = new grpc.Server({
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc-node.max_session_memory': 4_096,
})
server.addService(...definition(CoreServiceEndpoint.typeName, core))
server.addService(...definition(Health.typeName, { Check: () => Buffer.from(serving) }))
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (fault, port) => {
  if (fault) throw fault
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`)
})
process.on('SIGTERM', () => process.exit(0))
