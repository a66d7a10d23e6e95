import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { zeroAddress } from 'viem'
import { devKey, GatewayOwner } from '../../apps/devnet/src/chain/index.ts'
import {
  addressOf,
  eventsOf,
  handleOf,
  read,
  registered,
  revert,
  startTestGateway,
  type TestGateway,
  testNode,
  thresholdsOf,
} from './testGateway.ts'

let gateway: TestGateway

before(async () => {
  gateway = await startTestGateway(2, 2)
})
after(() => gateway?.stop())

const config = (functionName: string, args: readonly unknown[] = []) =>
  read(gateway, 'GatewayConfig', functionName, args)

test('an unknown address is a zeroed entry and no revert', async () => {
  const nobody = addressOf(devKey(20))
  const coprocessor = { txSenderAddress: zeroAddress, signerAddress: zeroAddress, s3BucketUrl: '' }
  assert.deepEqual(await config('getCoprocessor', [nobody]), coprocessor)
  const node = { txSenderAddress: zeroAddress, signerAddress: zeroAddress, ipAddress: '', storageUrl: '' }
  assert.deepEqual(await config('getKmsNode', [nobody]), node)
  assert.equal(await config('isKmsTxSender', [nobody]), false)
})

test('the registry says who the nodes are and how many make a consensus', async () => {
  const wallets = gateway.nodes.map(node => node.wallet.account.address)
  const signers = gateway.nodes.map(node => node.signer.address)
  assert.deepEqual(await config('getKmsTxSenders'), wallets)
  assert.deepEqual(await config('getKmsSigners'), signers)
  assert.equal(await config('isKmsTxSender', [wallets[0]]), true)
  assert.equal(await config('isKmsSigner', [signers[1]]), true)
  assert.equal(await config('isKmsSigner', [wallets[0]]), false)
  assert.equal(await config('getPublicDecryptionThreshold'), 2n)
  assert.equal(await config('getUserDecryptionThreshold'), 2n)
  assert.equal(await config('getKmsGenThreshold'), 2n)
  assert.equal(await config('getMpcThreshold'), 1n)
  assert.equal(await config('getCoprocessorMajorityThreshold'), 1n)
  const chains = (await config('getHostChains')) as { chainId: bigint }[] // CAST: HostChain[]
  assert.deepEqual(
    chains.map(chain => chain.chainId),
    [12345n],
  )
})

test('new coprocessors replace the old ones and are announced', async () => {
  const entry = {
    txSender: addressOf(devKey(21)),
    signer: addressOf(devKey(22)),
    s3BucketUrl: 'http://127.0.0.1:1/new',
  }
  const receipt = await gateway.owner.updateCoprocessors([entry])
  assert.deepEqual(
    eventsOf('GatewayConfig', receipt).map(event => event.eventName),
    ['UpdateCoprocessors'],
  )
  const known = (await config('getCoprocessor', [entry.txSender])) as { s3BucketUrl: string } // CAST: Coprocessor
  assert.equal(known.s3BucketUrl, entry.s3BucketUrl)
  const gone = (await config('getCoprocessor', [gateway.coprocessor])) as { s3BucketUrl: string } // CAST: Coprocessor
  assert.equal(gone.s3BucketUrl, '')
})

test('impossible sets and thresholds are refused, strangers too', async () => {
  const nodes = gateway.nodes.map(registered)
  const t = thresholdsOf(2, 2)
  const [first] = nodes
  assert.ok(first)
  const { owner } = gateway
  await assert.rejects(owner.updateKmsNodes([], t), revert('EmptyKmsNodes'))
  await assert.rejects(owner.updateKmsNodes([first, first], t), revert('KmsTxSenderAlreadyRegistered'))
  const twin = { ...registered(testNode(gateway.rpcUrl, 9)), signer: first.signer }
  await assert.rejects(owner.updateKmsNodes([first, twin], t), revert('KmsSignerAlreadyRegistered'))
  await assert.rejects(owner.updateKmsNodes(nodes, { ...t, mpc: 2 }), revert('InvalidHighMpcThreshold'))
  await assert.rejects(
    owner.updateKmsNodes(nodes, { ...t, publicDecryption: 0 }),
    revert('InvalidNullPublicDecryptionThreshold'),
  )
  await assert.rejects(
    owner.updateKmsNodes(nodes, { ...t, userDecryption: 3 }),
    revert('InvalidHighUserDecryptionThreshold'),
  )
  await assert.rejects(owner.updateKmsNodes(nodes, { ...t, kmsGen: 3 }), revert('InvalidHighKmsGenThreshold'))
  await assert.rejects(owner.updateCoprocessors([]), revert('EmptyCoprocessors'))
  const { rpcUrl } = gateway
  const stranger = new GatewayOwner({ rpcUrl, gateway: gateway.gateway, privateKey: devKey(25) })
  await assert.rejects(stranger.updateKmsNodes(nodes, t), revert('OwnableUnauthorizedAccount'))
  await assert.rejects(stranger.pause(), revert('NotPauser'))
  const ciphertext = { handle: handleOf(1), keyId: 1n, digest: handleOf(2), coprocessors: [] }
  await assert.rejects(stranger.registerCiphertexts([ciphertext]), revert('NotCoprocessorTxSender'))
})

test('ciphertext materials are returned as registered, an unknown handle reverts', async () => {
  const { coprocessor, owner } = gateway
  await owner.registerCiphertexts([
    { handle: handleOf(5), keyId: 9n, digest: handleOf(6), coprocessors: [coprocessor] },
  ])
  // CAST: decoded with the ABI of the contract
  const [material] = (await read(gateway, 'CiphertextCommits', 'getSnsCiphertextMaterials', [[handleOf(5)]])) as Record<
    string,
    unknown
  >[] // CAST: structs
  assert.equal(material?.['keyId'], 9n)
  assert.equal(material?.['snsCiphertextDigest'], handleOf(6))
  assert.equal(await read(gateway, 'CiphertextCommits', 'isCiphertextMaterialAdded', [handleOf(5)]), true)
  assert.equal(await read(gateway, 'CiphertextCommits', 'isCiphertextMaterialAdded', [handleOf(7)]), false)
  await assert.rejects(
    read(gateway, 'CiphertextCommits', 'getSnsCiphertextMaterials', [[handleOf(7)]]),
    /CiphertextMaterialNotFound/,
  )
})
