import {
  type Anvil,
  type DevnetChains,
  GATEWAY_CHAIN_ID,
  HOST_CHAIN_ID,
  startAnvil,
  type Teardown,
} from '@kms-connector/devnet'

const BLOCK_SECONDS = 0.1
const GATEWAY_GAS_LIMIT = 1_000_000_000n

/** Processes of the chains; the Gateway also announces blocks and transactions. */
export interface BenchChains extends DevnetChains {
  readonly gateway: Anvil
}

/**
 * Starts a Gateway with a block every 100 ms that stays fast however much is stored, and a host chain that mines when there
 * is something to mine. The Gateway begins on top of an empty chain: see `forkUrl` of the devnet.
 */
export async function startBenchChains(teardown: Teardown): Promise<BenchChains> {
  const start = async (what: string, options: Parameters<typeof startAnvil>[0]) => {
    const anvil = await startAnvil(options)
    teardown.add(what, () => anvil.stop())
    return anvil
  }
  const ground = await start('the ground of the Gateway', { chainId: GATEWAY_CHAIN_ID })
  const gateway = await start('the Gateway', {
    chainId: GATEWAY_CHAIN_ID,
    blockTimeSeconds: BLOCK_SECONDS,
    gasLimit: GATEWAY_GAS_LIMIT,
    forkUrl: ground.rpcUrl,
    pastStates: false,
  })
  const host = await start('the host chain', { chainId: HOST_CHAIN_ID, pastStates: false })
  return { gateway, host }
}
