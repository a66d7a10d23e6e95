import { Rpc } from '@kms-connector/gateway'
import { encodeOutcome } from '@kms-connector/protocol'
import { messageId, outcomeSubject, publishOnce } from '@kms-connector/streams'
import { batchSizeOf, findReceipt } from '@kms-connector/tx-sender'
import { callRpc, callRpcBatch } from '../world/jsonRpc.ts'
import { type SignedTransfer, signTransfers } from './signTransfers.ts'
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
      const hashes = (await mined(setup)).map(({ hash }) => [hash])
      const jetstream = (await setup.nats()).jetstream()
      const { gatewayUrl } = setup.config
      return {
        lanes: LANES,
        async step() {
          // CAST: receipts of our own node
          const receipts = (await callRpcBatch(gatewayUrl, 'eth_getTransactionReceipt', hashes)) as BareReceipt[]
          await Promise.all(
            receipts.map(({ transactionHash, status, blockNumber: block }, nonce) => {
              const id = setup.nextId()
              const body = JSON.stringify({ v: 1, id, transactionHash, status, nonce, block })
              return jetstream.publish(`bare.outcome.${id}`, Buffer.from(body), { msgID: id })
            }),
          )
          return receipts.length
        },
      }
    },
    async achieved(setup) {
      const transactions = await mined(setup)
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

/** @returns transactions that are mined */
async function mined(setup: StageSetup): Promise<readonly SignedTransfer[]> {
  const { gatewayUrl } = setup.config
  const signed = await signTransfers(setup, TRANSACTIONS)
  await callRpcBatch(
    gatewayUrl,
    'eth_sendRawTransaction',
    signed.map(({ raw }) => [raw]),
  )
  const last = signed.at(-1)?.hash
  while ((await callRpc(gatewayUrl, 'eth_getTransactionReceipt', [last])) === null)
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  return signed
}
