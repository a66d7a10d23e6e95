import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RevertMeaning, Rpc, RpcError, revertMeaning } from '@kms-connector/gateway'
import { type Address, type Hex, OPERATIONS_V0_11, OperationTable, parseRequestId } from '@kms-connector/protocol'
import { encodeFunctionData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import {
  call,
  eventsOf,
  handleOf,
  registerHandles,
  signAnswer,
  startTestGateway,
  type TestGateway,
} from '../contracts/testGateway.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const handle = handleOf(1)
const STRANGER: Address = `0x${'77'.repeat(20)}`
const CRS_ID = (5n << 248n) + 1n
const word = (value: bigint) => value.toString(16).padStart(64, '0')
const highS: Hex = `0x${'11'.repeat(32)}${'ff'.repeat(32)}1b`
const decryptedResult: Hex = `0x${word(42n)}`
let chain: TestGateway
let rpc: Rpc
/** An open request, one that node 0 has answered, and an open key generation. */
let openId: bigint
let answeredId: bigint
let prepKeygenId: bigint

before(async () => {
  chain = await startTestGateway(3, 2)
  rpc = new Rpc({ url: chain.rpcUrl, timeoutMs: 10_000, batchSize: 64 })
  await registerHandles(chain, [handle])
  openId = await requestId()
  answeredId = await requestId()
  const { wallet } = chain.node(0)
  const args = [answeredId, decryptedResult, await publicSignature(0), '0x']
  await call(chain, wallet, 'Decryption', 'publicDecryptionResponse', args)
  const owner = new ChainSender({ rpcUrl: chain.rpcUrl, privateKey: devKey(0) })
  const [event] = eventsOf('KMSGeneration', await call(chain, owner, 'KMSGeneration', 'keygen', [1]))
  const ordered = event?.args as unknown as { readonly prepKeygenId: bigint } // CAST: the only event of the call
  prepKeygenId = ordered.prepKeygenId
  const vote = [prepKeygenId, await prepSignature(0)]
  await call(chain, wallet, 'KMSGeneration', 'prepKeygenResponse', vote)
})
after(() => chain?.stop())

async function requestId(): Promise<bigint> {
  const { id } = await chain.relayer.requestPublicDecryption({ handles: [handle] })
  return BigInt(`0x${id}`)
}

function publicSignature(index: number, signer = chain.node(index).signer): Promise<Hex> {
  return signAnswer(chain, signer, 'PublicDecryptVerification', {
    ctHandles: [handle],
    decryptedResult,
    extraData: '0x',
  })
}

function prepSignature(index: number): Promise<Hex> {
  return signAnswer(chain, chain.node(index).signer, 'PrepKeygenVerification', { prepKeygenId })
}

/** What the node says to an answer as the sender of the connector would estimate it. */
async function estimate(from: Address, name: string, id: bigint, answer: unknown): Promise<RevertMeaning | 'accepted'> {
  const { contract, function: abiFunction, args } = table.named(name).call(parseRequestId(word(id)), answer)
  const data = encodeFunctionData({ abi: [abiFunction], functionName: abiFunction.name, args })
  const to = contract === 'Decryption' ? chain.gateway.decryption : chain.gateway.kmsGeneration
  return estimateCall({ from, to, data })
}

async function estimateCall(transaction: object): Promise<RevertMeaning | 'accepted'> {
  try {
    await rpc.raw('eth_estimateGas', [transaction])
    return 'accepted'
  } catch (fault) {
    assert.ok(fault instanceof RpcError)
    return revertMeaning(fault.data)
  }
}

const wallet = (index: number): Address => chain.node(index).wallet.account.address
const publicAnswer = (signature: Hex) => ({ decryptedResult, signature, extraData: '0x' })
const toPublic = async (from: Address, id: bigint, signature: Hex | Promise<Hex>) =>
  estimate(from, 'public-decryption', id, publicAnswer(await signature))

type Attempt = () => Promise<RevertMeaning | 'accepted'>
const stranger = privateKeyToAccount(devKey(20))

const reverts: readonly (readonly [string, RevertMeaning['kind'], RegExp, Attempt])[] = [
  ['an unknown wallet', 'park', /^NotKmsTxSender/, () => toPublic(STRANGER, openId, publicSignature(0))],
  ['an unknown id', 'not-yet', /^DecryptionNotRequested/, () => toPublic(wallet(0), openId + 99n, publicSignature(0))],
  ['a short signature', 'refused', /^ECDSAInvalidSignatureLength\(2\)/, () => toPublic(wallet(0), openId, '0x1234')],
  ['a high s', 'refused', /^ECDSAInvalidSignatureS/, () => toPublic(wallet(0), openId, highS)],
  [
    'a signature of zeros',
    'refused',
    /^ECDSAInvalidSignature\(/,
    () => toPublic(wallet(0), openId, `0x${'00'.repeat(65)}`),
  ],
  ['an unknown signer', 'park', /^NotKmsSigner/, () => toPublic(wallet(0), openId, publicSignature(0, stranger))],
  [
    'the signer of another node',
    'park',
    /^KmsSignerDoesNotMatchTxSender/,
    () => toPublic(wallet(0), openId, publicSignature(1)),
  ],
  ['a second answer', 'answered', /^KmsNodeAlreadySigned/, () => toPublic(wallet(0), answeredId, publicSignature(0))],
  [
    'a second answer to a preprocessing',
    'answered',
    /^KmsAlreadySignedForPrepKeygen/,
    async () => estimate(wallet(0), 'prep-keygen', prepKeygenId, { signature: await prepSignature(0) }),
  ],
  [
    'an unknown preprocessing',
    'not-yet',
    /^PrepKeygenNotRequested/,
    async () => estimate(wallet(1), 'prep-keygen', prepKeygenId + 9n, { signature: await prepSignature(1) }),
  ],
  [
    'an unknown key',
    'not-yet',
    /^KeygenNotRequested/,
    () => estimate(wallet(1), 'keygen', (4n << 248n) + 99n, { keyDigests: [], signature: highS }),
  ],
  [
    'a key without digests',
    'refused',
    /^EmptyKeyDigests/,
    () => estimate(wallet(1), 'keygen', (4n << 248n) + 1n, { keyDigests: [], signature: highS }),
  ],
  [
    'an unknown CRS',
    'not-yet',
    /^CrsgenNotRequested/,
    () => estimate(wallet(1), 'crsgen', CRS_ID, { crsDigest: '0x', signature: highS }),
  ],
  [
    'a function that the contract does not have',
    'unknown',
    /^reverted without data$/,
    () => estimateCall({ from: wallet(0), to: chain.gateway.decryption, data: '0x12345678' }),
  ],
]

for (const [label, kind, text, attempt] of reverts) {
  test(`the contract refuses ${label}: ${kind}`, async () => {
    const meaning = await attempt()
    assert.ok(meaning !== 'accepted')
    assert.equal(meaning.kind, kind, meaning.error)
    assert.match(meaning.error, text)
  })
}

test('the contracts take good answers of the other nodes', async () => {
  assert.equal(await toPublic(wallet(1), answeredId, publicSignature(1)), 'accepted')
  const signature = await prepSignature(1)
  assert.equal(await estimate(wallet(1), 'prep-keygen', prepKeygenId, { signature }), 'accepted')
})
