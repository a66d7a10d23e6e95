import type { Devnet } from '../devnet/index.ts'
import {
  auditChain,
  auditKeys,
  auditNode,
  type KeyCeremony,
  keyAnswersOf,
  shortId,
  whereaboutsText,
} from '../workload/index.ts'
import type { RunResult } from './runRequests.ts'

/** One condition of success, and what breaks it. */
export interface Check {
  readonly what: string
  readonly faults: readonly string[]
}

/**
 * Everything that must hold at the end of the demo. What is not answered at all is named once.
 * @param ceremony key management that went before; undefined without
 */
export async function checkRun(
  devnet: Devnet,
  total: number,
  result: RunResult,
  ceremony: KeyCeremony | undefined,
): Promise<Check[]> {
  const { pending, finished, watch, whereabouts, inTime } = result
  const requests = [...pending.values()]
  const unanswered = requests.filter(({ id }) => !finished.has(id))
  const wrong = [...finished.values()].filter(({ judgement }) => judgement.fault !== undefined)
  const audits = await Promise.all(
    devnet.nodes.map(async (node, index) =>
      auditNode(
        node,
        new Map([
          ...(ceremony ? keyAnswersOf(ceremony, index) : []),
          ...[...(whereabouts[index] ?? [])].filter(([id]) => finished.has(id)),
        ]),
        await transactionCount(devnet, node.wallet.address),
      ),
    ),
  )
  const nonces = audits.map(({ nonces }) => (nonces.length === 0 ? 'none' : `0 to ${nonces.at(-1)}`))
  return [
    ...(ceremony ? [checkKeys(devnet, ceremony)] : []),
    {
      what: `${finished.size} of ${total} requests are answered on chain${inTime ? '' : ', the time is up'}`,
      faults: unanswered.map(({ id, kind }) => {
        const here = whereabouts[0]?.get(id)
        return `${shortId(id)} ${kind}: ${here ? whereaboutsText(here) : 'unknown'}`
      }),
    },
    {
      what: `${finished.size - wrong.length} of ${total} have the plaintexts that were encrypted`,
      faults: wrong.map(({ request, judgement }) => `${shortId(request.id)} ${request.kind}: ${judgement.fault}`),
    },
    {
      what: 'each request is answered exactly once on chain by every node',
      faults: auditChain(
        devnet,
        watch,
        requests.filter(({ id }) => finished.has(id)),
      ),
    },
    {
      what: `streams hold request, response and outcome of each; nonces without a gap: ${nonces.join(', ')}`,
      faults: audits.flatMap(audit => audit.faults),
    },
  ]
}

function checkKeys(devnet: Devnet, ceremony: KeyCeremony): Check {
  const names = ceremony.steps.map(({ operation }) => operation).join(', ')
  return {
    what: `${names}: each done exactly once by each of ${devnet.nodes.length} nodes`,
    faults: auditKeys(devnet, ceremony),
  }
}

async function transactionCount({ chains }: Devnet, address: string): Promise<number> {
  const response = await fetch(chains.gateway.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getTransactionCount', params: [address, 'latest'] }),
    signal: AbortSignal.timeout(20_000),
  })
  const { result } = (await response.json()) as { readonly result: string } // CAST: the answer of a chain of ours
  return Number(result)
}
