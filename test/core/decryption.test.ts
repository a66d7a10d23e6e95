import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { UserDecryptionResponse } from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import { encodeDecryptedResult, encodeUserDecryptedShare, type Hex, hexOf } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { recoverTypedDataAddress } from 'viem'
import { decryptShares, type RunningCore, startCoreNetwork, type UserShare } from '../../apps/devnet/src/core/index.ts'
import {
  ALL_TYPES,
  ciphertext,
  codeOf,
  connect,
  DOMAIN,
  newHandle,
  nextId,
  publicRequest,
  SEED,
  sampleOf,
  start,
  USER,
  USER_KEYS,
  userRequest,
} from './coreClient.ts'

/** What the connector would put on chain for an answer. */
function onChain(response: UserDecryptionResponse): UserShare {
  assert.ok(response.payload)
  assert.equal(response.extraData.length, 0)
  assert.equal(response.externalSignature.length, 65)
  const payloadHex = encodeUserDecryptedShare(response.payload)
  const digest = createHash('sha256')
    .update('USER_DEC')
    .update(Buffer.from(payloadHex.slice(2), 'hex'))
    .digest()
  assert.ok(
    secp256k1.verify(response.signature, digest, response.payload.verificationKey.subarray(8), { prehash: false }),
  )
  assert.equal(response.payload.verificationKey.length, 41)
  return { payloadHex, signatureHex: hexOf(response.externalSignature) }
}

function decryptAsUser(
  shares: readonly UserShare[],
  nodes: readonly RunningCore[],
  handles: readonly Hex[],
): Map<Hex, bigint> {
  const servers = nodes.map(node => ({ partyId: node.partyId, address: node.signerAddress }))
  return decryptShares({ keys: USER_KEYS, shares, servers, clientAddress: USER, handles, domain: DOMAIN })
}

const expected = (handles: readonly Hex[]): Map<Hex, bigint> =>
  new Map(ALL_TYPES.flatMap((type, index) => (handles[index] ? [[handles[index], sampleOf(type)] as const] : [])))

test('a public decryption of every type is signed over the ABI words by the node', async t => {
  const { core, client } = await start(t)
  const handles = ALL_TYPES.map(newHandle)
  for (const form of ['seeded', 'expanded'] as const) {
    const request = publicRequest()
    const ciphertexts = ALL_TYPES.map((type, index) => ciphertext(type, handles[index] ?? '0x', form))
    await client.publicDecrypt({ ...request, ciphertexts })
    const response = await client.getPublicDecryptionResult(request.requestId)
    assert.ok(response.payload)
    assert.equal(response.payload.requestId?.requestId, request.requestId.requestId)
    assert.equal(response.extraData.length, 0)
    const decryptedResult = encodeDecryptedResult(response.payload.plaintexts, ALL_TYPES)
    const words = ALL_TYPES.map(type => sampleOf(type).toString(16).padStart(64, '0')).join('')
    assert.equal(decryptedResult, `0x${words}`)
    const signer = await recoverTypedDataAddress({
      domain: DOMAIN,
      primaryType: 'PublicDecryptVerification',
      types: {
        PublicDecryptVerification: [
          { name: 'ctHandles', type: 'bytes32[]' },
          { name: 'decryptedResult', type: 'bytes' },
          { name: 'extraData', type: 'bytes' },
        ],
      },
      message: { ctHandles: handles, decryptedResult, extraData: '0x' },
      signature: response.externalSignature,
    })
    assert.equal(signer, core.signerAddress)
  }
})

test('the public client library decrypts the answer of a centralized node', async t => {
  const { core, client } = await start(t)
  const handles = ALL_TYPES.map(newHandle)
  const request = userRequest(nextId(2n), handles, 'expanded')
  await client.userDecrypt(request)
  const response = await client.getUserDecryptionResult(request.requestId)
  assert.equal(response.payload?.partyId, 1)
  assert.equal(response.payload.degree, 0)
  const share = onChain(response)
  assert.deepEqual(decryptAsUser([share], [core], handles), expected(handles))
})

test('a signature of an unknown server is rejected by the client library', async t => {
  const { client } = await start(t)
  const { core: stranger } = await start(t)
  const request = userRequest()
  await client.userDecrypt(request)
  const share = onChain(await client.getUserDecryptionResult(request.requestId))
  const handles = request.typedCiphertexts.map(item => hexOf(item.externalHandle))
  assert.throws(() => decryptAsUser([share], [stranger], handles))
})

test('the client library reconstructs from all four and from three nodes of a threshold network', async t => {
  const signingKeys = ['11', '22', '33', '44'].map((byte): Hex => `0x${byte.repeat(32)}`)
  const nodes = await startCoreNetwork({ seed: SEED, signingKeys })
  t.after(() => Promise.all(nodes.map(node => node.stop())))
  const handles = ALL_TYPES.map(newHandle)
  const request = userRequest(nextId(2n), handles)
  const shares = await Promise.all(
    nodes.map(async node => {
      const client = connect(t, node)
      await client.userDecrypt(request)
      const response = await client.getUserDecryptionResult(request.requestId)
      assert.equal(response.payload?.degree, 1)
      assert.equal(response.payload.partyId, node.partyId)
      return onChain(response)
    }),
  )
  assert.deepEqual(decryptAsUser(shares, nodes, handles), expected(handles))
  assert.deepEqual(decryptAsUser(shares.slice(1), nodes, handles), expected(handles))
  assert.throws(() => decryptAsUser(shares.slice(0, 1), nodes, handles))
})

test('a request of 40 MB is taken and answered', async t => {
  const { client } = await start(t)
  const request = publicRequest()
  const type = ALL_TYPES.find(candidate => candidate.name === 'uint256')
  assert.ok(type)
  const large = ciphertext(type, newHandle(type), 'expanded')
  await client.publicDecrypt({ ...request, ciphertexts: Array.from({ length: 19 }, () => large) })
  const response = await client.getPublicDecryptionResult(request.requestId)
  assert.equal(response.payload?.plaintexts.length, 19)
})

test('ciphertexts that are not what the request says fail for good', async t => {
  const { client } = await start(t)
  const request = publicRequest()
  const [item] = request.ciphertexts
  assert.ok(item)
  await client.publicDecrypt({ ...request, ciphertexts: [{ ...item, fheType: 5 }] })
  assert.equal(await codeOf(client.getPublicDecryptionResult(request.requestId)), 13)
  assert.equal(await codeOf(client.getPublicDecryptionResult(request.requestId)), 13)
  assert.equal(await codeOf(client.publicDecrypt(request)), 6)
})
