import { type RpcProxy, startRpcProxy } from '@kms-connector/devnet'
import type { RunFigures } from '../measure/runFigures.ts'
import type { RequestKind } from '../world/bulkRequests.ts'
import { answerByProduct } from './answerWave.ts'
import type { Shape, ShapeContext } from './shape.ts'

const CIPHERTEXT_BYTES = 5_000
const REQUESTS = 300

/**
 * A counting pass: the chains are reached through a proxy that counts HTTP exchanges and the calls in them. It costs time of
 * this process, so no rate of it is compared with anything.
 */
export const rpcCounts: Shape = {
  name: 'rpc-counts',
  what: 'RPC calls and HTTP exchanges for each request, counted by a proxy',
  async run(context) {
    const figures: Record<string, number> = {}
    const runs: RunFigures[] = []
    for (const kind of ['public', 'user'] as const) {
      const run = await countOne(context, kind, figures)
      runs.push({ ...run, setting: `${kind}, counted` })
    }
    return { name: 'rpc-counts', runs, figures, faults: runs.flatMap(({ faults }) => faults) }
  },
}

async function countOne(
  context: ShapeContext,
  kind: RequestKind,
  figures: Record<string, number>,
): Promise<RunFigures> {
  const { world } = context
  const placed = await world.place(kind, REQUESTS, CIPHERTEXT_BYTES)
  await using gateway = await startRpcProxy({ target: world.chains.gateway.rpcUrl })
  await using host = await startRpcProxy({ target: world.chains.host.rpcUrl })
  const urls = { gateway: gateway.url, host: host.url }
  const run = await answerByProduct(context, `counts-${kind}`, placed, { urls })
  Object.assign(figures, countsOf(`${kind}.gateway`, gateway), countsOf(`${kind}.host`, host))
  return run
}

/** @returns exchanges, calls and calls of each method for each request, start of the services included */
function countsOf(prefix: string, { exchanges }: Pick<RpcProxy, 'exchanges'>): Record<string, number> {
  const methods = Map.groupBy(exchanges.flat(), ({ method }) => method)
  return {
    [`${prefix}.exchanges`]: exchanges.length / REQUESTS,
    [`${prefix}.calls`]: exchanges.flat().length / REQUESTS,
    ...Object.fromEntries([...methods].map(([method, calls]) => [`${prefix}.${method}`, calls.length / REQUESTS])),
  }
}
