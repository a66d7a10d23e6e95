import { defineCommand } from '../command.ts'
import { orderNonce } from '../orderNonce.ts'

export const nonceAdopt = defineCommand({
  usage: 'N [--yes] [OPTIONS]',
  describe: `
Has the active sender leave the nonces below N to transactions that it does not know, such as those of a
lost ledger that still wait at the node, and take the next free nonce from N on. The consumed count of
the chain as N takes it back.

Without --yes it only says what it would do. Refuses nonces that are final, and those that nothing uses.`,
  takes: [1, 1],
  options: { yes: { type: 'boolean', describe: 'do it, and wait for the answer of the sender' } },
  run: (context, { yes }, [nonce = '']) =>
    orderNonce(context, {
      action: 'adopt',
      nonce,
      yes,
      effect: (n, { latest }) =>
        n === latest
          ? `adopt ${n}: every nonce from the count of the chain on is ours`
          : `adopt ${n}: nonces ${latest} to ${n - 1} are left to others, answers get nonces from ${n} on`,
    }),
})
