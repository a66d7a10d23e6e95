import { Rpc } from '@kms-connector/gateway'
import { encodeOutcome } from '@kms-connector/protocol'
import { messageId, outcomeSubject, publishOnce } from '@kms-connector/streams'
import { batchSizeOf, findReceipt } from '@kms-connector/tx-sender'
import { callRpc, callRpcBatch } from '../world/jsonRpc.ts'
import { type SignedTransfers, signTransfers } from './signTransfers.ts'
import type { Stage } from './stage.ts'
import type { StageSetup } from './stageSetup.ts'

const TRANSACTIONS = 64
const TIMEOUT_MS = 10_000
const RPC_BATCH = 64
const LOOK_MS = 50
const LANES = 2

/** From mined transactions to their outcomes on the stream. */
export const settleTransactions: Stage = {
  name: 'receipts and outcome',
  sides: {
    async bound(setup) {
      const { transactions, blocks } = await mined(setup)
      const ownHashes = new Set<string>(transactions.map(({ hash }) => hash))
      const jetstream = (await setup.nats()).jetstream()
      const { gatewayUrl } = setup.config
      return {
        lanes: LANES,
        async step() {
          // CAST: receipts of our own node
          const receipts = (await Promise.all(
            blocks.map(block => callRpc(gatewayUrl, 'eth_getBlockReceipts', [block])),
          )) as BareReceipt[][]
          const ours = receipts.flat().filter(({ transactionHash }) => ownHashes.has(transactionHash))
          await Promise.all(
            ours.map(({ transactionHash, status, blockNumber: block }, nonce) => {
              const id = setup.nextId()
              const body = JSON.stringify({ v: 1, id, transactionHash, status, nonce, block })
              return jetstream.publish(`bare.outcome.${id}`, Buffer.from(body), { msgID: id })
            }),
          )
          return ours.length
        },
      }
    },
    async achieved(setup) {
      const { transactions } = await mined(setup)
      const broker = await setup.broker()
      const { operation } = setup
      const batchSize = (method: string) => Math.min(RPC_BATCH, batchSizeOf(method, 'none'))
      const rpc = new Rpc({ url: setup.config.gatewayUrl, timeoutMs: TIMEOUT_MS, batchSize })
      return {
        lanes: LANES,
        async step() {
          await Promise.all(
            transactions.map(async ({ raw, hash }, nonce) => {
              const id = setup.nextId()
              const attempts = [{ raw, hash, gas: 21_000n, maxFeePerGas: 1n, signedAt: 0 }] as const
              const receipt = await findReceipt(rpc, { nonce, attempts })
              if (!receipt) throw new Error('no receipt')
              const { blockNumber } = receipt
              const body = encodeOutcome({
                operation: operation.name,
                id,
                status: 'confirmed',
                transactionHash: hash,
                blockNumber,
                nonce,
                attempts: 1,
                settledAt: Date.now(),
              })
              await publishOnce(broker, outcomeSubject(operation, id), body, { msgId: messageId(id) })
            }),
          )
          return transactions.length
        },
      }
    },
  },
}

interface BareReceipt {
  readonly transactionHash: string
  readonly status: string
  readonly blockNumber: string
}

/** @returns transactions that are mined, and the blocks that they are in */
async function mined(setup: StageSetup): Promise<SignedTransfers & { readonly blocks: readonly string[] }> {
  const { gatewayUrl } = setup.config
  const signed = await signTransfers(setup, TRANSACTIONS)
  const raws = signed.transactions.map(({ raw }) => [raw])
  await callRpcBatch(gatewayUrl, 'eth_sendRawTransaction', raws)
  const hashes = signed.transactions.map(({ hash }) => [hash])
  for (;;) {
    // CAST: receipts of our own node
    const receipts = (await callRpcBatch(gatewayUrl, 'eth_getTransactionReceipt', hashes)) as (BareReceipt | null)[]
    const found = receipts.filter(receipt => receipt !== null)
    if (found.length === hashes.length) return { ...signed, blocks: [...new Set(found.map(one => one.blockNumber))] }
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}
