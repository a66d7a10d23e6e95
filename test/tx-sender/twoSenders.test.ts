import { after, before, test } from 'node:test'
import { type AskNode, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { storeSlot } from './foreignSlot.ts'
import { line } from './observe.ts'
import { prepareGateway, SenderBench } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

for (const [label, takenFor] of [
  ['the same answer', 0],
  ['another answer', 1],
] as const) {
  test(`a nonce that another sender took for ${label} is left to it; every answer is sent once`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
    const firstNonce = await bench.nonce()
    const ids = [await bench.requestOne(), await bench.requestOne()] as const
    // Between the plan, which picked the nonce, and its allocation.
    const taking = async (ask: AskNode) => {
      await storeSlot(bench, ids[takenFor], takenFor + 1, firstNonce)
      return ask()
    }
    proxy.rules.add({ method: 'eth_getBlockByNumber', times: 1, action: { kind: 'script', answer: taking } })
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
