import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hex, RequestId } from '@kms-connector/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { devKey } from '../../apps/devnet/src/chain/index.ts'
import { HOST_CHAIN, signAnswer, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { HANDLES, prepareGateway, SenderBench, table } from './senderBench.ts'

const MANY = 500
const PUBLIC_KEY = '0x1234'
const USER = privateKeyToAccount(devKey(20))

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

test(`${MANY} user shares become ${MANY} events of as many requests, each with its own share`, {
  timeout: 180_000,
}, async () => {
  await using bench = await SenderBench.start(gateway)
  const pairs = HANDLES.map(handle => ({ handle, contractAddress: bench.wallet }))
  const order = { pairs, hostChainId: HOST_CHAIN, publicKey: PUBLIC_KEY } as const
  const placed = Array.from({ length: MANY }, () => gateway.relayer.requestUserDecryption(USER, order))
  const ids = (await Promise.all(placed)).map(({ id }) => id)
  const firstNonce = await bench.nonce()
  const shareOf = new Map<RequestId, Hex>(ids.map((id, n) => [id, `0x${n.toString(16).padStart(64, '0')}`]))
  await bench.sender()
  await Promise.all(
    [...shareOf].map(async ([id, userDecryptedShare]) => {
      const message = { publicKey: PUBLIC_KEY, ctHandles: HANDLES, userDecryptedShare, extraData: '0x00' }
      const { signer } = gateway.node(0)
      const signature = await signAnswer(gateway, signer, 'UserDecryptResponseVerification', message)
      await bench.publish('user-decryption', id, { userDecryptedShare, signature, extraData: '0x00' })
    }),
  )
  const outcomes = await bench.outcomes(ids, table.named('user-decryption'))
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
  assert.equal(new Set(outcomes.map(({ transactionHash }) => transactionHash)).size, MANY)
  assert.equal(await bench.nonce(), firstNonce + MANY)
  const watch = gateway.relayer.watchAnswers()
  await watch.poll()
  for (const [id, share] of shareOf) {
    const shares = (watch.userShares.get(id) ?? []).map(({ userDecryptedShare }) => userDecryptedShare)
    assert.deepEqual(shares, [share])
  }
})
