import { formatEther } from 'viem/utils'
import { runwayOf } from '../../node/runway.ts'
import { runwayText } from '../../node/statusLines.ts'
import { type Check, fail, ok, skipped, warn } from '../check.ts'

const PAGE_MS = 12 * 3_600_000
const WARN_MS = 72 * 3_600_000

export const walletBalance: Check = {
  id: 'wallet.balance',
  group: 'wallet',
  why: 'a wallet that cannot pay for gas sends no answer; everything waits',
  async run(context) {
    const { gateway } = context
    if (!gateway) return skipped('gateway_url')
    const wallet = await context.wallet()
    if (!wallet) return skipped('wallet_address')
    const runway = await runwayOf(await context.broker(), gateway, wallet)
    const { balance, answers, lastsMs } = runway
    const amount = `${formatEther(balance)} in ${wallet}`
    const fix = `send native tokens to ${wallet}`
    if (answers < 1) return fail(`${amount}: not enough for one answer`, fix)
    const detail = `${amount}: ${runwayText(runway)}`
    if (lastsMs !== undefined && lastsMs < PAGE_MS) return fail(detail, fix)
    return lastsMs !== undefined && lastsMs < WARN_MS ? warn(detail, fix) : ok(detail)
  },
}
