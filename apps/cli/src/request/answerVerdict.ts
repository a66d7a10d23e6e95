import { age } from '../table.ts'
import type { BrokerFacts, RequestFacts } from './requestFacts.ts'
import { lagging } from './unpublishedVerdict.ts'
import { fullVerdict, hintOf, notRegistered, stuck, type Verdict, waiting } from './verdictParts.ts'

/** An answer that is not on chain: may the sender send, can it pay, is it there at all? Pure. */
export function answerVerdict({ wallet, sender, chain, now }: RequestFacts, broker: BrokerFacts): Verdict {
  const { slot, response } = broker.stored
  if (wallet?.registered === false) return notRegistered(wallet.address, 'the contract refuses its answers')
  if (wallet && wallet.balance < wallet.answerCost) {
    const text = `the wallet ${wallet.address} holds ${wallet.balance} wei, one answer may cost ${wallet.answerCost}`
    return stuck('WALLET_EMPTY', text, hintOf('WALLET_EMPTY'))
  }
  if (sender && (sender.leader === 'nobody' || (sender.leader === undefined && sender.readers === 0))) {
    const text = 'the answer is stored, and no tx-sender is active: nobody holds the lease or reads the answers'
    return stuck(
      'NO_ACTIVE_SENDER',
      text,
      'Start a tx-sender, or read the log of the one that runs: it could not take the lease.',
    )
  }
  const full = fullVerdict(broker, 'the sender cannot store its outcome')
  if (full) return full
  const behind = chain && lagging(chain)
  if (behind) return behind
  if (slot) {
    const first = wallet && wallet.latestNonce < slot.nonce ? `; nonce ${wallet.latestNonce} has to be mined first` : ''
    const text = `sent with nonce ${slot.nonce}, ${slot.attempts} transaction(s), the newest ${slot.hash}${first}`
    return waiting('NOT_MINED_YET', text, `Look for ${slot.hash} on the Gateway; the sender repeats it by itself.`)
  }
  const since = response ? `, answered ${age(now - response.answeredAt)} ago` : ''
  const before = sender?.ahead === undefined ? '' : `; ${sender.ahead} answers are behind its checkpoint`
  const text = `the answer waits for the tx-sender${since}${before}`
  return waiting(
    'SENDER_BEHIND',
    text,
    'Check that a tx-sender runs; its /readyz?verbose says what keeps it from sending.',
  )
}
