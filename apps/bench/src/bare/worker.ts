import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import { encodeUserDecryptedShare, hexOf } from '@kms-connector/protocol'
import { createKeccak } from 'hash-wasm'
import { connect, type JsMsg } from 'nats'
import secp256k1 from 'secp256k1'
import { Pool } from 'undici'
import { getAddress, type Hex, hashTypedData } from 'viem'
import { BARE_REQUESTS, bareConfig } from './bareConfig.ts'

/** The least that a worker does: fetch, hash, submit, poll, recover the signer, publish, acknowledge. */
interface BareRequest {
  readonly id: string
  readonly cts: readonly { readonly handle: Hex; readonly keyId: string; readonly digest: Hex }[]
  readonly user?: Hex
  readonly key?: Hex
}

const { kind, natsUrl, coreUrl, s3Bucket, chainId, decryption, signer, concurrency } = bareConfig()
const keccak = await createKeccak(256)
const core = createClient(
  CoreServiceEndpoint,
  createGrpcTransport({ baseUrl: coreUrl, nodeOptions: { maxSessionMemory: 1000 } }),
)
const bucket = new URL(s3Bucket)
const s3 = new Pool(bucket.origin, { connections: 32 })
const verifyingContract = getAddress(decryption)
const domain = { name: 'Decryption', version: '1', chainId, verifyingContract }
const coreDomain = {
  name: 'Decryption',
  version: '1',
  chainId: Buffer.from(chainId.toString(16).padStart(64, '0'), 'hex'),
  verifyingContract,
}
const [HANDLES, EXTRA] = [
  { name: 'ctHandles', type: 'bytes32[]' },
  { name: 'extraData', type: 'bytes' },
]
const types = {
  PublicDecryptVerification: [HANDLES, { name: 'decryptedResult', type: 'bytes' }, EXTRA],
  UserDecryptResponseVerification: [
    { name: 'publicKey', type: 'bytes' },
    HANDLES,
    { name: 'userDecryptedShare', type: 'bytes' },
    EXTRA,
  ],
}

const bytesOf = (hex: string) => Buffer.from(hex.replace(/^0x/, ''), 'hex')

function addressOf(signature: Uint8Array, digest: Hex): string {
  const point = secp256k1.ecdsaRecover(signature.subarray(0, 64), (signature[64] ?? 27) - 27, bytesOf(digest), false)
  keccak.init()
  keccak.update(point.subarray(1))
  return `0x${keccak.digest('hex').slice(24)}`
}

async function answer(message: JsMsg): Promise<void> {
  const { id, cts, user, key = '0x' } = JSON.parse(message.string()) as BareRequest // CAST: written by the bare listener
  const ciphertexts = await Promise.all(
    cts.map(async ({ handle, digest }) => {
      const reply = await s3.request({ path: `${bucket.pathname}/${digest.slice(2)}`, method: 'GET' })
      const ciphertext = new Uint8Array(await reply.body.arrayBuffer())
      keccak.init()
      keccak.update(ciphertext)
      if (`0x${keccak.digest('hex')}` !== digest) throw new Error('digest')
      return { ciphertext, fheType: 0, externalHandle: bytesOf(handle), ciphertextFormat: 2 }
    }),
  )
  const requestId = { requestId: id }
  const keyId = { requestId: cts[0]?.keyId ?? '' }
  const ctHandles = cts.map(({ handle }) => handle)
  const { result, signature, digest } = kind === 'public' ? await publicAnswer() : await userAnswer()
  if (addressOf(signature, digest) !== signer) throw new Error('signature')
  const body = JSON.stringify({ v: 1, id, result, signature: hexOf(signature), extraData: '0x' })
  await publishing.publish(`bare.response.${id}`, Buffer.from(body), { msgID: id })
  message.ack()

  async function publicAnswer() {
    await core.publicDecrypt({ requestId, ciphertexts, keyId, domain: coreDomain })
    const { payload, externalSignature } = await core.getPublicDecryptionResult(requestId)
    const decryptedResult: Hex = `0x${(payload?.plaintexts ?? []).map(({ bytes }) => Buffer.from(bytes).reverse().toString('hex').padStart(64, '0')).join('')}`
    const message = { ctHandles, decryptedResult, extraData: '0x' }
    const typed = hashTypedData({ domain, types, primaryType: 'PublicDecryptVerification', message } as never) // CAST: viem wants literal types
    return { result: decryptedResult, signature: externalSignature, digest: typed }
  }

  async function userAnswer() {
    await core.userDecrypt({
      requestId,
      typedCiphertexts: ciphertexts,
      keyId,
      domain: coreDomain,
      clientAddress: getAddress(user ?? '0x'),
      encKey: bytesOf(key),
    })
    const { payload, externalSignature } = await core.getUserDecryptionResult(requestId)
    if (!payload) throw new Error('no payload')
    const userDecryptedShare = encodeUserDecryptedShare(payload)
    const message = { publicKey: key, ctHandles, userDecryptedShare, extraData: '0x' }
    const typed = hashTypedData({ domain, types, primaryType: 'UserDecryptResponseVerification', message } as never) // CAST: viem wants literal types
    return { result: userDecryptedShare, signature: externalSignature, digest: typed }
  }
}

const publishing = (await connect({ servers: natsUrl })).jetstream()
const consuming = (await connect({ servers: natsUrl })).jetstream()
const consumer = await consuming.consumers.get(BARE_REQUESTS, 'worker')
const messages = await consumer.consume({ max_messages: 256 })
process.on('SIGTERM', () => process.exit(0))
process.stdout.write('{"url":"none"}\n')
const underWay = new Set<Promise<unknown>>()
for await (const message of messages) {
  const work: Promise<unknown> = answer(message).then(() => underWay.delete(work))
  work.catch((fault: unknown) => {
    process.stderr.write(`${String(fault)}\n`)
    process.exit(1)
  })
  underWay.add(work)
  if (underWay.size >= concurrency) await Promise.race(underWay)
}
