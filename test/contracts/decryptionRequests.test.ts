import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Hex, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { AnswerWatch, ChainSender, devKey, type UserDecryptionOrder } from '../../apps/devnet/src/chain/index.ts'
import {
  addressOf,
  HOST_CHAIN,
  handleOf,
  KEY_ID,
  registerHandles,
  revert,
  startTestGateway,
  type TestGateway,
} from './testGateway.ts'

const CONTRACT = '0x00000000000000000000000000000000000c0de0'
const user = privateKeyToAccount(devKey(4))
const delegator = addressOf(devKey(9))
const handle = handleOf(1)
let gateway: TestGateway
let now: bigint

before(async () => {
  gateway = await startTestGateway(1, 1)
  await registerHandles(gateway, [handle])
  const { client } = new ChainSender({ rpcUrl: gateway.rpcUrl, privateKey: devKey(1) })
  now = (await client.getBlock()).timestamp
})
after(() => gateway?.stop())

function order(changes: Partial<UserDecryptionOrder> = {}): UserDecryptionOrder {
  return { pairs: [{ handle, contractAddress: CONTRACT }], hostChainId: HOST_CHAIN, publicKey: '0xaabb', ...changes }
}

test('public requests are refused for what the real contract refuses', async () => {
  const ask = (handles: readonly Hex[]) => gateway.relayer.requestPublicDecryption({ handles })
  const wide = Array.from({ length: 9 }, (_, n) => handleOf(100 + n, 8))
  await registerHandles(gateway, wide)
  await registerHandles(gateway, [handleOf(200)], KEY_ID + 1n)
  await ask(wide.slice(0, 8))
  const cases: [readonly Hex[], string, Hex][] = [
    [[], 'EmptyCtHandles', '0x2de75438'],
    [wide, 'MaxDecryptionRequestBitSizeExceeded', '0xe7f4895d'],
    [[handleOf(300)], 'CiphertextMaterialNotFound', '0x0666cbdf'],
    [[handle, handleOf(200)], 'DifferentKeyIdsNotAllowed', '0xcfae921f'],
    [[handleOf(1, 1)], 'UnsupportedFHEType', '0xbe7830b1'],
    [[handleOf(1, 83)], 'UnsupportedFHEType', '0xbe7830b1'],
    [[handleOf(1, 84)], 'InvalidFHEType', '0x641950d7'],
  ]
  for (const [handles, error, selector] of cases) await assert.rejects(ask(handles), revert(error, selector))
})

test('user requests are refused for what the real contract refuses', async () => {
  const foreign = handleOf(1, 4, HOST_CHAIN + 1)
  const eleven = Array.from({ length: 11 }, (_, n) => numberToHex(n + 1, { size: 20 }))
  const cases: [Partial<UserDecryptionOrder>, string][] = [
    [{ hostChainId: 777 }, 'HostChainNotRegistered'],
    [{ contracts: [] }, 'EmptyContractAddresses'],
    [{ contracts: eleven }, 'ContractAddressesMaxLengthExceeded'],
    [{ durationDays: 0 }, 'InvalidNullDurationDays'],
    [{ durationDays: 366 }, 'MaxDurationDaysExceeded'],
    [{ startTimestamp: now + 86_400n }, 'StartTimestampInFuture'],
    [{ startTimestamp: now - 86_400n * 2n, durationDays: 1 }, 'UserDecryptionRequestExpired'],
    [{ contracts: [CONTRACT, user.address] }, 'UserAddressInContractAddresses'],
    [{ pairs: [], contracts: [CONTRACT] }, 'EmptyCtHandleContractPairs'],
    [{ pairs: [{ handle: foreign, contractAddress: CONTRACT }] }, 'CtHandleChainIdDiffersFromContractChainId'],
    [{ contracts: [delegator] }, 'ContractNotInContractAddresses'],
    [{ signature: '0x1234' }, 'ECDSAInvalidSignatureLength'],
  ]
  for (const [changes, error] of cases) {
    await assert.rejects(gateway.relayer.requestUserDecryption(user, order(changes)), revert(error))
  }
})

test('the signature must be by the user, over the same terms, for the host chain', async () => {
  const stranger = privateKeyToAccount(devKey(8))
  const types = {
    UserDecryptRequestVerification: [
      { name: 'publicKey', type: 'bytes' },
      { name: 'contractAddresses', type: 'address[]' },
      { name: 'startTimestamp', type: 'uint256' },
      { name: 'durationDays', type: 'uint256' },
      { name: 'extraData', type: 'bytes' },
    ],
  } as const
  const message = {
    publicKey: '0xaabb',
    contractAddresses: [CONTRACT],
    startTimestamp: now,
    durationDays: 10n,
    extraData: '0x00',
  } as const
  const sign = (signer: typeof user, chainId: number) => {
    const domain = { name: 'Decryption', version: '1', chainId, verifyingContract: gateway.gateway.decryption }
    return signer.signTypedData({ domain, types, primaryType: 'UserDecryptRequestVerification', message })
  }
  const place = async (signature: Hex, changes: Partial<UserDecryptionOrder> = {}) =>
    gateway.relayer.requestUserDecryption(user, order({ startTimestamp: now, signature, ...changes }))
  await place(await sign(user, HOST_CHAIN))
  const invalid = revert('InvalidUserSignature', '0x2a873d27')
  await assert.rejects(place(await sign(user, 54321)), invalid)
  await assert.rejects(place(await sign(stranger, HOST_CHAIN)), invalid)
  await assert.rejects(place(await sign(user, HOST_CHAIN), { durationDays: 11 }), invalid)
  await assert.rejects(place(await sign(user, HOST_CHAIN), { publicKey: '0xaabbcc' }), invalid)
})

test('a delegated request names the delegate as user and is signed by the delegate', async () => {
  const direct = await gateway.relayer.requestUserDecryption(user, order())
  const delegated = await gateway.relayer.requestDelegatedUserDecryption(user, delegator, order())
  assert.equal(BigInt(`0x${delegated.id}`), BigInt(`0x${direct.id}`) + 1n)
  const own = gateway.relayer.requestDelegatedUserDecryption(user, CONTRACT, order())
  await assert.rejects(own, revert('DelegatorAddressInContractAddresses', '0xc3446ac7'))
  const unsigned = { signature: await user.signMessage({ message: 'something else' }) }
  await assert.rejects(
    gateway.relayer.requestDelegatedUserDecryption(user, delegator, order(unsigned)),
    revert('InvalidUserSignature', '0x2a873d27'),
  )
})

test('a hundred requests at once get a hundred ids without a hole', async () => {
  const placed = await Promise.all(
    Array.from({ length: 100 }, () => gateway.relayer.requestPublicDecryption({ handles: [handle] })),
  )
  const ids = placed.map(({ id }) => BigInt(`0x${id}`)).sort((a, b) => (a < b ? -1 : 1))
  assert.equal(new Set(ids).size, 100)
  assert.equal((ids.at(-1) ?? 0n) - (ids[0] ?? 0n), 99n)
})

test('waiting for an answer that does not come ends with what is missing', async () => {
  const { id } = await gateway.relayer.requestPublicDecryption({ handles: [handle] })
  const { rpcUrl } = gateway
  const watch = new AnswerWatch({ rpcUrl, decryption: gateway.gateway.decryption, fromBlock: 0n })
  await assert.rejects(watch.until([id], { timeoutMs: 1, pollMs: 1 }), { code: 'DEVNET_TIMEOUT' })
})
