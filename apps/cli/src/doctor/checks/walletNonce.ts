import { KeyValue, SENDER_BUCKET, TX_SLOTS_BUCKET } from '@kms-connector/streams'
import { readAdoptedFloor } from '@kms-connector/tx-sender'
import { type Check, fail, ok, skipped, warn } from '../check.ts'

const MOST_LOOKED_AT = 1_000

export const walletNonce: Check = {
  id: 'wallet.nonce',
  group: 'wallet',
  why: 'whoever else uses the wallet takes nonces from answers; a gap holds up everything above it',
  async run(context) {
    const { gateway } = context
    if (!gateway) return skipped('gateway_url')
    const wallet = await context.wallet()
    if (!wallet) return skipped('wallet_address')
    const broker = await context.broker()
    const count = async (tag: string) => Number(await gateway.quantity('eth_getTransactionCount', [wallet, tag]))
    // A slot is stored before it is sent and swept after it is mined: in this order each of ours is seen somewhere.
    const pending = await count('pending')
    const [entries, adoptedFloor] = await Promise.all([
      new KeyValue(broker, TX_SLOTS_BUCKET).entries('slot'),
      readAdoptedFloor(new KeyValue(broker, SENDER_BUCKET)),
    ])
    const latest = await count('latest')
    const ours = new Set(entries.map(({ key }) => Number(key.slice('slot.'.length))))
    const open = [...ours].filter(nonce => nonce >= latest)
    const first = Math.max(latest, adoptedFloor)
    const waiting = Math.max(0, Math.min(pending - first, MOST_LOOKED_AT))
    const foreign = Array.from({ length: waiting }, (_, i) => first + i).filter(nonce => !ours.has(nonce))
    if (foreign.length > 0)
      return fail(
        `nonces ${foreign.slice(0, 5).join(', ')} wait at the node and are not ours`,
        'find out who else uses this key; nobody else may',
      )
    const lowest = Math.min(...open)
    if (open.length > 0 && lowest > first)
      return warn(
        `the next nonce of ours is ${first}, our lowest open one is ${lowest}`,
        'kms-connector nonce show; the sender fills the gap by itself',
      )
    return ok(`next nonce ${latest}, ${open.length} open`)
  },
}
