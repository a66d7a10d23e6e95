import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, hexOf } from '@kms-connector/protocol'
import fc from 'fast-check'
import { keccak256, parseTransaction, recoverTransactionAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { privateKeyWallet } from './privateKey.ts'
import { Wallet } from './wallet.ts'

/** First account of the well-known development mnemonic. */
const KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

const transaction = {
  chainId: 54321,
  nonce: 7,
  to: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
  data: '0x6f8913bc',
  gas: 400_000n,
  maxFeePerGas: 3_000_000_000n,
  maxPriorityFeePerGas: 1_000_000n,
} as const

for (const key of [KEY, `0x${KEY}`, ` ${KEY.toUpperCase()}\n`]) {
  test(`a private key gives its address and signs for it: ${key.slice(0, 4)}...`, async () => {
    const wallet = privateKeyWallet(key)
    assert.equal(wallet.address, ADDRESS)
    const { raw } = await wallet.sign(transaction)
    // CAST: viem wants its own nominal type for serialised transactions
    const signer = await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })
    assert.equal(signer.toLowerCase(), ADDRESS)
    const parsed = parseTransaction(raw)
    assert.equal(parsed.nonce, 7)
    assert.equal(parsed.chainId, 54321)
    assert.equal(parsed.to?.toLowerCase(), transaction.to)
  })
}

for (const [label, key] of [
  ['too short', KEY.slice(2)],
  ['no hex', `zz${KEY.slice(2)}`],
  ['zero', '0'.repeat(64)],
  ['above the curve order', 'f'.repeat(64)],
] as const) {
  test(`a bad private key is refused without being shown: ${label}`, () => {
    assert.throws(
      () => privateKeyWallet(key),
      fault =>
        fault instanceof ConnectorError &&
        fault.code === 'WALLET_UNUSABLE' &&
        !fault.message.includes(key.slice(2, 20)),
    )
  })
}

test('any transaction is signed to the byte as viem signs it', async () => {
  const account = privateKeyToAccount(`0x${KEY}`)
  const data = fc.uint8Array({ maxLength: 1_000 }).map(hexOf)
  await fc.assert(
    fc.asyncProperty(data, fc.nat(), fc.bigInt({ min: 1n, max: 2n ** 63n }), async (data, nonce, maxFeePerGas) => {
      const some = { ...transaction, data, nonce, maxFeePerGas, maxPriorityFeePerGas: maxFeePerGas >> 1n }
      const raw = await account.signTransaction({ type: 'eip1559', ...some })
      assert.deepEqual(await privateKeyWallet(KEY).sign(some), { raw, hash: keccak256(raw) })
    }),
    { numRuns: 100 },
  )
})

test('a signer that fails is a typed error', async () => {
  const wallet = new Wallet(ADDRESS, async () => {
    throw new Error('throttled')
  })
  await assert.rejects(wallet.sign(transaction), { code: 'WALLET_NOT_SIGNING' })
})
