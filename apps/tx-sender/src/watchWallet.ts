import type { RpcReader } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import type { SenderSettings, ServiceContext } from '@kms-connector/service-kit'
import type { SenderMetrics } from './metrics.ts'
import { type BalanceSample, runwaySeconds, withSample } from './walletRunway.ts'

/** Pause between two looks at the balance. */
const LOOK_MS = 30_000

/** Shows what the wallet owns and how long that lasts. Looks only; whether answers can be paid for is decided elsewhere. */
export function watchWallet(
  ctx: ServiceContext<SenderSettings>,
  reader: RpcReader,
  wallet: Address,
  metrics: SenderMetrics,
): void {
  let samples: readonly BalanceSample[] = []
  ctx.loop({
    name: 'wallet',
    maxStepMs: 60_000 + 2 * ctx.settings.gateway_timeout,
    backoff: { firstMs: LOOK_MS, maxMs: 5 * 60_000 },
    step: async () => {
      const wei = await reader.read(rpc => rpc.quantity('eth_getBalance', [wallet, 'latest']))
      samples = withSample(samples, { at: Date.now(), wei })
      metrics.balance.set(Number(wei))
      const seconds = runwaySeconds(samples)
      if (seconds !== undefined) metrics.runway.set(seconds)
      return LOOK_MS
    },
  })
}
