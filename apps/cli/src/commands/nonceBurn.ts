import { defineCommand } from '../command.ts'
import { orderNonce } from '../orderNonce.ts'

export const nonceBurn = defineCommand({
  usage: 'N [--yes] [OPTIONS]',
  describe: `
Has the active sender consume nonce N by a transfer of nothing to ourselves: fills a gap, or replaces a
transaction that does not get mined. The answer that held the nonce gets another one. If the replaced
transaction is mined after all, that counts, and the nonce is not burned.

Without --yes it only says what it would do. Refuses nonces that are final, and nonces beyond the next.`,
  takes: [1, 1],
  options: { yes: { type: 'boolean', describe: 'do it, and wait for the answer of the sender' } },
  run: (context, { yes }, [nonce = '']) =>
    orderNonce(context, {
      action: 'burn',
      nonce,
      yes,
      effect: (n, { slots }) => {
        const slot = slots.find(each => each.nonce === n)
        const what = slot ? `replaces the transaction of request ${slot.id ?? '-'}` : 'fills a nonce that nobody owns'
        return `burn ${n}: a transfer of nothing to ourselves ${what}`
      },
    }),
})
