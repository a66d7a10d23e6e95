import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openWallet } from '@kms-connector/wallet'
import { toHex } from 'viem'
import { AwsError, CREDENTIALS } from '../../apps/devnet/src/awsKms/index.ts'
import { registered, startTestGateway, type TestGateway, thresholdsOf } from '../contracts/testGateway.ts'
import { awsEnvironment, startAwsKms } from '../wallet/awsKmsServer.ts'
import { readiness } from './observe.ts'
import { prepareGateway, SenderBench, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

test('signatures that fail in the middle of a batch, and a key that is disabled for a while, leave no gap in the nonces', async t => {
  await using bench = await SenderBench.start(gateway)
  awsEnvironment(t, CREDENTIALS)
  let refused = 0
  const kms = await startAwsKms(t, {
    fault(operation, count) {
      // One out of many that are under way at the same time.
      if (operation !== 'Sign' || (count !== 3 && count !== 12)) return undefined
      refused++
      return { error: new AwsError('DisabledException', 'not this time') }
    },
  })
  const key = kms.createKey()
  const { wallet } = await openWallet({ awsKms: { keyId: key.arn, endpoint: kms.url } })
  await bench.rpc('anvil_setBalance', [wallet.address, toHex(10n ** 22n)])
  const [us, other] = gateway.nodes.map(registered)
  assert.ok(us && other)
  await gateway.owner.updateKmsNodes([{ ...us, txSender: wallet.address }, other], thresholdsOf(2, 2))

  const ids = await bench.request(40)
  const sender = await bench.sender({
    PRIVATE_KEY: undefined,
    AWS_KMS_CONFIG__KEY_ID: key.arn,
    AWS_KMS_CONFIG__ENDPOINT: kms.url,
    MAX_OPEN_TRANSACTIONS: '8',
  })
  await bench.respond(ids.slice(0, 20))
  await bench.outcomes(ids.slice(0, 20))
  assert.equal(refused, 2)
  key.state = 'Disabled'
  await bench.respond(ids.slice(20))
  await until('paused', async () => (await readiness(sender)).text.includes('WALLET_NOT_SIGNING'))
  // What is settled may still be on its way out of the ledger: only a nonce from 20 on would be held without a signature.
  const held = (await bench.ledger()).filter(key => Number(key.replace('slot.', '')) >= 20)
  assert.deepEqual(held, [], 'no nonce is held by what is not signed')
  key.state = 'Enabled'

  const outcomes = await bench.outcomes(ids)
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
  const nonces = outcomes.map(({ nonce }) => nonce ?? -1).sort((a, b) => a - b)
  assert.deepEqual(
    nonces,
    ids.map((_, nonce) => nonce),
  )
  assert.equal(await bench.rpc('eth_getTransactionCount', [wallet.address, 'latest']), toHex(ids.length))
})
