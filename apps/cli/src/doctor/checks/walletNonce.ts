import { KeyValue, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { type Check, fail, ok, skipped, warn } from '../check.ts'

export const walletNonce: Check = {
  id: 'wallet.nonce',
  group: 'wallet',
  why: 'whoever else uses the wallet takes nonces from answers; a gap holds up everything above it',
  async run(context) {
    const { gateway } = context
    if (!gateway) return skipped('gateway_url')
    const wallet = await context.wallet()
    if (!wallet) return skipped('wallet_address')
    const [latest, pending, keys] = await Promise.all([
      gateway.quantity('eth_getTransactionCount', [wallet, 'latest']).then(Number),
      gateway.quantity('eth_getTransactionCount', [wallet, 'pending']).then(Number),
      new KeyValue(await context.broker(), TX_SLOTS_BUCKET).entries('slot'),
    ])
    const open = keys.map(({ key }) => Number(key.slice('slot.'.length))).filter(nonce => nonce >= latest)
    const foreign = Array.from({ length: Math.min(pending - latest, 1_000) }, (_, i) => latest + i).filter(
      n => !open.includes(n),
    )
    if (foreign.length > 0)
      return fail(
        `nonces ${foreign.slice(0, 5).join(', ')} wait at the node and are not ours`,
        'find out who else uses this key; nobody else may',
      )
    const lowest = Math.min(...open)
    if (open.length > 0 && lowest > latest)
      return warn(
        `the chain expects nonce ${latest}, our lowest open one is ${lowest}`,
        'kms-connector nonce show; the sender fills the gap by itself',
      )
    return ok(`next nonce ${latest}, ${open.length} open`)
  },
}
