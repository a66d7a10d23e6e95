import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code } from '@connectrpc/connect'
import { type Hex, hexOf, type RequestId, requestIdOf, requestIdValue } from '@kms-connector/protocol'
import { recoverTypedDataAddress } from 'viem'
import { startCoreNetwork, TfheKeys } from '../../apps/devnet/src/core/index.ts'
import {
  type CoreClient,
  codeOf,
  connect,
  coreDomain,
  DOMAIN,
  idMessage,
  nextId,
  publicRequest,
  SEED,
  start,
  typeNamed,
} from './coreClient.ts'

const KEY_DOMAIN = { ...DOMAIN, name: 'KMSGeneration' }
const domain = coreDomain('KMSGeneration')

async function preprocess(client: CoreClient): Promise<RequestId> {
  const id = nextId(3n)
  await client.keyGenPreproc({ requestId: idMessage(id), domain })
  const result = await client.getKeyGenPreprocResult(idMessage(id))
  assert.equal(result.preprocessingId?.requestId, id)
  return id
}

test('key generation needs a finished, unused preprocessing', async t => {
  const { client } = await start(t)
  const keyId = nextId(4n)
  const keyGen = (requestId: string, preprocId: string) =>
    codeOf(client.keyGen({ requestId: idMessage(requestId), preprocId: idMessage(preprocId), domain }))
  assert.equal(await keyGen(keyId, ''), Code.InvalidArgument)
  assert.equal(await keyGen(keyId, nextId(3n)), Code.NotFound)
  const preprocId = await preprocess(client)
  assert.equal(await keyGen(keyId, preprocId), undefined)
  assert.equal(await keyGen(keyId, preprocId), Code.AlreadyExists)
  assert.equal(await keyGen(nextId(4n), preprocId), Code.NotFound)
})

test('preprocessing, key and CRS are signed for the contract', async t => {
  const { core, client } = await start(t)
  const preprocId = await preprocess(client)
  const preproc = await client.getKeyGenPreprocResult(idMessage(preprocId))
  const prepKeygenId = requestIdValue(preprocId)
  const types = {
    PrepKeygenVerification: [{ name: 'prepKeygenId', type: 'uint256' }],
    KeygenVerification: [
      { name: 'prepKeygenId', type: 'uint256' },
      { name: 'keyId', type: 'uint256' },
      { name: 'keyDigests', type: 'KeyDigest[]' },
    ],
    KeyDigest: [
      { name: 'keyType', type: 'uint8' },
      { name: 'digest', type: 'bytes' },
    ],
    CrsgenVerification: [
      { name: 'crsId', type: 'uint256' },
      { name: 'maxBitLength', type: 'uint256' },
      { name: 'crsDigest', type: 'bytes' },
    ],
  } as const
  const base = { domain: KEY_DOMAIN, types }
  const recovered = [
    await recoverTypedDataAddress({
      ...base,
      primaryType: 'PrepKeygenVerification',
      message: { prepKeygenId },
      signature: preproc.externalSignature,
    }),
  ]

  const keyId = nextId(4n)
  await client.keyGen({ requestId: idMessage(keyId), preprocId: idMessage(preprocId), domain })
  const key = await client.getKeyGenResult(idMessage(keyId))
  assert.deepEqual([key.requestId?.requestId, key.preprocessingId?.requestId], [keyId, preprocId])
  assert.deepEqual(
    key.keyDigests.map(digest => [digest.keyType, digest.digest.length]),
    [
      ['ServerKey', 32],
      ['PublicKey', 32],
    ],
  )
  const keyDigests = key.keyDigests.map(({ digest }, keyType) => ({ keyType, digest: hexOf(digest) }))
  const keygen = { prepKeygenId, keyId: requestIdValue(keyId), keyDigests }
  recovered.push(
    await recoverTypedDataAddress({
      ...base,
      primaryType: 'KeygenVerification',
      message: keygen,
      signature: key.externalSignature,
    }),
  )

  const crsId = nextId(5n)
  await client.crsGen({ requestId: idMessage(crsId), maxNumBits: 256, domain })
  const crs = await client.getCrsGenResult(idMessage(crsId))
  assert.equal(crs.maxNumBits, 256)
  const crsgen = { crsId: requestIdValue(crsId), maxBitLength: 256n, crsDigest: hexOf(crs.crsDigest) }
  recovered.push(
    await recoverTypedDataAddress({
      ...base,
      primaryType: 'CrsgenVerification',
      message: crsgen,
      signature: crs.externalSignature,
    }),
  )
  assert.deepEqual(recovered, [core.signerAddress, core.signerAddress, core.signerAddress])
})

test('a generated key decrypts from then on', async t => {
  const { client } = await start(t)
  const keyId = nextId(4n)
  const type = typeNamed('uint8')
  const request = publicRequest()
  const [item] = request.ciphertexts
  assert.ok(item)
  const ciphertexts = [{ ...item, ciphertext: TfheKeys.derive(SEED, keyId).encrypt(42n, type) }]
  const withKey = { ...request, ciphertexts, keyId: idMessage(keyId) }
  assert.equal(await codeOf(client.publicDecrypt(withKey)), Code.NotFound)
  await client.keyGen({ requestId: idMessage(keyId), preprocId: idMessage(await preprocess(client)), domain })
  await client.getKeyGenResult(idMessage(keyId))
  assert.ok((await client.getKeyMaterialAvailability({})).fheKeyIds.includes(keyId))
  await client.publicDecrypt(withKey)
  const response = await client.getPublicDecryptionResult(request.requestId)
  assert.deepEqual([...(response.payload?.plaintexts[0]?.bytes ?? [])], [42])
})

test('the size of a CRS is a power of two up to 2048', async t => {
  const { client } = await start(t)
  for (const maxNumBits of [0, 3, 4096]) {
    assert.equal(
      await codeOf(client.crsGen({ requestId: idMessage(nextId(5n)), maxNumBits, domain })),
      Code.InvalidArgument,
    )
  }
  const id = idMessage(nextId(5n))
  await client.crsGen({ requestId: id, domain })
  assert.equal((await client.getCrsGenResult(id)).maxNumBits, 2048)
})

test('nodes of a network agree on digests; resharing keeps them', async t => {
  const signingKeys = ['a1', 'a2', 'a3', 'a4'].map((byte): Hex => `0x${byte.repeat(32)}`)
  const nodes = await startCoreNetwork({ seed: SEED, signingKeys })
  t.after(() => Promise.all(nodes.map(node => node.stop())))
  const [prep, keyId, crsId, reshareId] = [nextId(3n), nextId(4n), nextId(5n), nextId(6n)].map(idMessage)
  assert.ok(prep && keyId && crsId && reshareId)
  const digests = await Promise.all(
    nodes.map(async node => {
      const client = connect(t, node)
      await client.keyGenPreproc({ requestId: prep, domain })
      await client.getKeyGenPreprocResult(prep)
      await client.keyGen({ requestId: keyId, preprocId: prep, domain })
      const key = await client.getKeyGenResult(keyId)
      await client.crsGen({ requestId: crsId, domain })
      const crs = await client.getCrsGenResult(crsId)
      const accepted = await client.initiateResharing({ requestId: reshareId, keyId, preprocId: prep, domain })
      assert.equal(accepted.requestId?.requestId, reshareId.requestId)
      const reshared = await client.getResharingResult(reshareId)
      assert.deepEqual(reshared.keyDigests, key.keyDigests)
      return [...key.keyDigests.map(item => hexOf(item.digest)), hexOf(crs.crsDigest)].join()
    }),
  )
  assert.equal(new Set(digests).size, 1)
})

test('a centralized node cannot reshare', async t => {
  const { client } = await start(t)
  const id = idMessage(requestIdOf(5n))
  assert.equal(
    await codeOf(client.initiateResharing({ requestId: id, keyId: id, preprocId: id, domain })),
    Code.Unknown,
  )
})
