import { readChainView, seeChain } from './chainView.ts'
import type { Sender } from './sender.ts'

/** Follows the wallet on chain while there is anything to follow. */
export async function watchChain(sender: Sender, signal: AbortSignal): Promise<void> {
  const { endpoint, wallet, receiptPollingMs, logger, metrics } = sender.with
  for (let failures = 0; !signal.aborted; ) {
    if (sender.state.chain && !sender.busyOnChain()) {
      await sender.wake.after(undefined)
      sender.chainReadAt = Date.now()
      continue
    }
    try {
      const view = await readChainView(sender.rpc, wallet.address)
      endpoint.noteLook(true)
      sender.chainReadAt = Date.now()
      noteView(sender, seeChain(sender.state, view, Date.now()))
      metrics.nonce.set(view.latestNonce)
      failures = 0
      sender.wake.now()
    } catch (fault) {
      failures++
      endpoint.noteLook(false)
      logger.warn({ err: fault, failures }, 'could not read the state of the wallet')
    }
    await sender.wake.sleep(Math.min(receiptPollingMs * 2 ** Math.min(failures, 6), 5_000), signal)
  }
}

function noteView({ state, with: { metrics, logger } }: Sender, belief: ReturnType<typeof seeChain>): void {
  if (belief === 'believed') return
  metrics.doubtfulViews.inc()
  if (belief === 'doubted') return
  metrics.reorganised.inc()
  logger.error({ nonce: state.nonceFloor }, 'the chain lost mined transactions of our wallet for good')
}
