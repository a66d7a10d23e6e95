import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Hex, type RequestId, requestIdValue } from '@kms-connector/protocol'
import { KeyValue, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { encodeFunctionData, keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { readArtifact } from '../../apps/devnet/src/chain/index.ts'
import { encodeSlot } from '../../apps/tx-sender/src/slot.ts'
import { GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { line } from './observe.ts'
import { RpcProxy } from './rpcProxy.ts'
import { prepareGateway, RESULT, SenderBench, WALLET_KEY } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const GAS = 900_000n
const MAX_FEE = 10_000_000_000n

/** Stores a slot for an answer without sending it, as another sender with the same key would. */
async function storeSlot(bench: SenderBench, id: RequestId, responseSeq: number, nonce: number): Promise<void> {
  const args = [requestIdValue(id), RESULT, await bench.sign(), '0x00']
  const { abi } = readArtifact('Decryption')
  const raw: Hex = await privateKeyToAccount(WALLET_KEY).signTransaction({
    chainId: GATEWAY_CHAIN,
    nonce,
    to: gateway.gateway.decryption,
    data: encodeFunctionData({ abi, functionName: 'publicDecryptionResponse', args }),
    gas: GAS,
    maxFeePerGas: MAX_FEE,
    maxPriorityFeePerGas: 0n,
  })
  const attempt = { hash: keccak256(raw), raw, gas: GAS, maxFeePerGas: MAX_FEE, signedAt: Date.now() }
  const record = encodeSlot({ nonce, responseSeq, operation: 'public-decryption', id, attempts: [attempt] })
  const created = await new KeyValue(bench.broker, TX_SLOTS_BUCKET).create(`slot.${nonce}`, record)
  assert.equal(created.kind, 'written')
}

for (const [label, takenFor] of [
  ['the same answer', 0],
  ['another answer', 1],
] as const) {
  test(`a nonce that another sender took for ${label} is left to it; every answer is sent once`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using proxy = await RpcProxy.start(gateway.rpcUrl)
    const firstNonce = await bench.nonce()
    const ids = [await bench.requestOne(), await bench.requestOne()] as const
    // Between the plan, which picked the nonce, and its allocation.
    void proxy.once('eth_getBalance', async () => {
      await storeSlot(bench, ids[takenFor], takenFor + 1, firstNonce)
      return undefined
    })
    // One nonce at a time: allocated together with the second answer, the first one's conflict would come too late for it,
    // and its second transaction would be mined only to revert.
    const sender = await bench.sender({ GATEWAY_URL: proxy.url, MAX_OPEN_TRANSACTIONS: '1' })
    // One by one, so that their order on the stream is known.
    await bench.respond([ids[0]])
    await bench.respond([ids[1]])
    await line(sender, 'another sender took a nonce')
    await bench.expectAllConfirmed(ids, firstNonce)
  })
}
