// Each kind of wallet signs a transaction that a chain accepts.
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Address, Hex } from '@kms-connector/protocol'
import { Secret } from '@kms-connector/service-kit'
import { openWallet, type WalletSources } from '@kms-connector/wallet'
import { CREDENTIALS } from '../../apps/devnet/src/awsKms/index.ts'
import { type Anvil, devKey, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { awsEnvironment, startAwsKms } from './awsKmsServer.ts'
import { CHAIN_ID, fileWith, transaction } from './walletFixture.ts'
import { writeKeystore } from './writeKeystore.ts'

let anvil: Anvil
before(async () => {
  anvil = await startAnvil({ chainId: CHAIN_ID })
})
after(() => anvil?.stop())

async function rpc<T>(method: string, ...params: readonly unknown[]): Promise<T> {
  const response = await fetch(anvil.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  // CAST: the test knows what it asks for
  const { result, error } = (await response.json()) as { readonly result: T; readonly error?: unknown }
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`)
  return result
}

interface Receipt {
  readonly transactionHash: Hex
  readonly from: Address
  readonly status: Hex
}

/** The wallet sends `count` transactions; the chain must take them as being from its address. */
async function expectAccepted(sources: WalletSources, count = 3): Promise<void> {
  const { wallet } = await openWallet(sources)
  await rpc('anvil_setBalance', wallet.address, '0xde0b6b3a7640000')
  const start = Number(await rpc<Hex>('eth_getTransactionCount', wallet.address, 'pending'))
  for (let nonce = start; nonce < start + count; nonce++) {
    const { raw, hash } = await wallet.sign(transaction(nonce))
    const receipt = await rpc<Receipt>('eth_sendRawTransactionSync', raw)
    assert.deepEqual([receipt.transactionHash, receipt.from, receipt.status], [hash, wallet.address, '0x1'])
  }
}

const keyFile = (t: TestContext, content: string | Uint8Array, password?: string) => ({
  path: fileWith(t, content),
  ...(password === undefined ? {} : { passwordFile: fileWith(t, password) }),
})

test('a private key', () => expectAccepted({ privateKey: new Secret(devKey(1)) }))
test('a mnemonic', async () => {
  const words = new Secret('legal winner thank year wave sausage worth useful legal winner thank yellow')
  await expectAccepted({ mnemonic: { words, accountIndex: 7 } })
})
test('a key file of raw bytes', t => expectAccepted({ keyFile: keyFile(t, Buffer.from(devKey(2).slice(2), 'hex')) }))
test('a key file of hex', t => expectAccepted({ keyFile: keyFile(t, `${devKey(3)}\n`) }))
test('an encrypted keystore', t =>
  expectAccepted({ keyFile: keyFile(t, writeKeystore(devKey(4), 'password', 'scrypt'), 'password\n') }))
test('AWS KMS', async t => {
  awsEnvironment(t, CREDENTIALS)
  const server = await startAwsKms(t)
  await expectAccepted({ awsKms: { keyId: server.createKey().arn, endpoint: server.url } }, 20)
})
