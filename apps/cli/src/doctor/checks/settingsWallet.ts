import { walletSources } from '@kms-connector/service-kit'
import { openWallet } from '@kms-connector/wallet'
import { type Check, fail, ok, skipped, warn } from '../check.ts'

export const settingsWallet: Check = {
  id: 'settings.wallet',
  group: 'settings',
  why: 'a raw key in the settings is in every backup of them; a wallet that is not the one of the workers is refused on chain',
  async run({ settings }) {
    const sources = walletSources(settings)
    if (!(sources.privateKey ?? sources.awsKms ?? sources.keyFile ?? sources.mnemonic)) return skipped('aws_kms_config')
    const { wallet, kind, warnings } = await openWallet(sources)
    const { wallet_address: expected } = settings
    if (expected && expected.toLowerCase() !== wallet.address.toLowerCase()) {
      const detail = `the ${kind} is ${wallet.address}, wallet_address of the workers is ${expected}`
      return fail(detail, 'correct wallet_address, or give the sender the wallet that is registered for this node')
    }
    return warnings[0] === undefined
      ? ok(`${kind}, ${wallet.address}`)
      : warn(warnings[0], 'use aws_kms_config in production')
  },
}
