import type { AskNode, RpcAnswer } from './rpcAction.ts'
import type { NodeLayer } from './rpcProxy.ts'
import { readSignedTransaction, type SignedTransaction } from './signedTransaction.ts'
import { Turns } from './turns.ts'

const GENERIC = -32000
/** geth's default `txpool.pricebump`: both fees of a replacement must be higher by this many per cent. */
const PRICE_BUMP_PERCENT = 10n

/**
 * The nonce rules and texts of geth's pool: the same bytes again are "already known", a nonce that is used is too low, gaps
 * are queued, and a replacement must pay 10 % more in both fees.
 */
export function poolNonces(): NodeLayer {
  const turns = new Turns()
  const pooled = new Map<string, SignedTransaction>()
  const submit = async (transaction: SignedTransaction, ask: AskNode): Promise<RpcAnswer> => {
    const { from, nonce, hash } = transaction
    const place = `${from} ${nonce}`
    const mined = Number((await ask({ method: 'eth_getTransactionCount', params: [from, 'latest'] })).result)
    const before = pooled.get(place)
    if (nonce < mined) {
      pooled.delete(place)
      return refused(`nonce too low: next nonce ${mined}, tx nonce ${nonce}`)
    }
    if (before?.hash === hash) return refused('already known')
    if (before && !outbids(transaction, before)) return refused('replacement transaction underpriced')
    const answer = await ask()
    if (!answer.error) pooled.set(place, transaction)
    return answer.error && /already imported/.test(answer.error.message) ? refused('already known') : answer
  }
  return async ({ method, params }, ask) => {
    if (!method.startsWith('eth_sendRawTransaction')) return ask()
    const transaction = await readSignedTransaction(params[0])
    return transaction ? turns.inTurn(transaction.from, () => submit(transaction, ask)) : ask()
  }
}

function outbids(now: SignedTransaction, before: SignedTransaction): boolean {
  const bumped = (fee: bigint) => (fee * (100n + PRICE_BUMP_PERCENT)) / 100n
  return now.feeCap >= bumped(before.feeCap) && now.tip >= bumped(before.tip)
}

function refused(message: string): RpcAnswer {
  return { error: { code: GENERIC, message } }
}
