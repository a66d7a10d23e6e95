import { setTimeout as sleep } from 'node:timers/promises'
import type { AskNode, RpcAnswer } from './rpcAction.ts'
import type { NodeLayer } from './rpcProxy.ts'
import { readSignedTransaction, type SignedTransaction } from './signedTransaction.ts'
import { Turns } from './turns.ts'

export interface SequencerOptions {
  /** Milliseconds that a transaction whose nonce is too high waits for the ones before it; nitro's default is 1000. */
  readonly holdMs?: number
  /** Transactions that wait at once; one more is refused at once. nitro's default is 1024. */
  readonly mostHeld?: number
}

const LOOK_MS = 20
const GENERIC = -32000

/**
 * The nonce rules of an Arbitrum sequencer, on top of a chain that queues gaps: there is no pool. A nonce is used up as
 * soon as a transaction with it is taken, so the same bytes again, and a replacement, are too low. A nonce that is too
 * high waits a moment for its predecessors, then it is refused and forgotten. Texts as in nitro's sequencer.
 */
export function sequencerNonces({ holdMs = 1000, mostHeld = 1024 }: SequencerOptions = {}): NodeLayer {
  const turns = new Turns()
  let held = 0
  const submit = async (transaction: SignedTransaction, ask: AskNode): Promise<RpcAnswer> => {
    const deadline = performance.now() + holdMs
    for (let waited = false; ; waited = true) {
      const state = await turns.inTurn(transaction.from, async () => {
        const next = await nextNonce(transaction.from, ask)
        return next === transaction.nonce ? { answer: await ask() } : { next }
      })
      if ('answer' in state) return state.answer
      const tooLow = transaction.nonce < state.next
      if (tooLow || performance.now() >= deadline || (!waited && held >= mostHeld))
        return refused(tooLow ? 'nonce too low' : 'nonce too high', transaction, state.next)
      held++
      await sleep(LOOK_MS)
      held--
    }
  }
  return async ({ method, params }, ask) => {
    if (!method.startsWith('eth_sendRawTransaction')) return ask()
    const transaction = await readSignedTransaction(params[0])
    return transaction ? submit(transaction, ask) : ask()
  }
}

/** The chain behind never gets a gap, so that what is pending there is what the sequencer has taken. */
export async function nextNonce(account: string, ask: AskNode): Promise<number> {
  const { result } = await ask({ method: 'eth_getTransactionCount', params: [account, 'pending'] })
  return Number(result)
}

function refused(text: string, { from, nonce }: SignedTransaction, state: number): RpcAnswer {
  return { error: { code: GENERIC, message: `${text}: address ${from}, tx: ${nonce} state: ${state}` } }
}
