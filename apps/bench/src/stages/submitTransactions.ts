import { Rpc } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import { batchSizeOf, sendRaw } from '@kms-connector/tx-sender'
import { callRpc } from '../world/jsonRpc.ts'
import { type SignedTransfer, signTransfers } from './signTransfers.ts'
import type { Side, Stage } from './stage.ts'

const LANES = 16
const TIMEOUT_MS = 10_000
const TRANSACTIONS = 20_000
const RPC_BATCH = 64

/** From signed bytes to the word of the node that it has them. */
export const submitTransactions: Stage = {
  name: 'submit transaction',
  sides: {
    async bound(setup) {
      const { gatewayUrl } = setup.config
      return submitting(await signTransfers(setup, TRANSACTIONS), raw =>
        callRpc(gatewayUrl, 'eth_sendRawTransaction', [raw]),
      )
    },
    async achieved(setup) {
      const batchSize = (method: string) => Math.min(RPC_BATCH, batchSizeOf(method, 'none'))
      const rpc = new Rpc({ url: setup.config.gatewayUrl, timeoutMs: TIMEOUT_MS, batchSize })
      return submitting(await signTransfers(setup, TRANSACTIONS), async raw => {
        const { verdict, detail } = await sendRaw(rpc, [], raw)
        if (verdict !== 'accepted') throw new Error(detail)
      })
    },
  },
}

function submitting(transactions: readonly SignedTransfer[], submit: (raw: Hex) => Promise<unknown>): Side {
  const waiting = transactions.values()
  return {
    lanes: LANES,
    async step() {
      const next = waiting.next()
      if (next.done) return 0
      await submit(next.value.raw)
      return 1
    },
  }
}
