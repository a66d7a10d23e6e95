import { age } from '../table.ts'
import type { BrokerFacts, ChainFacts, RequestFacts } from './requestFacts.ts'
import { fullVerdict, stuck, unknown, type Verdict, waiting } from './verdictParts.ts'

/** A head that is older than this is suspicious, milliseconds; a rollup without transactions makes no blocks either. */
const STALE_HEAD_MS = 30_000
/** Blocks that a healthy endpoint may be behind another one. */
const PEER_LAG_BLOCKS = 20

/** A request that is on no stream: is it on chain, is it final, has the listener been there? Pure. */
export function unpublishedVerdict(facts: RequestFacts, broker: BrokerFacts): Verdict {
  const full = fullVerdict(broker, 'the listener cannot publish')
  if (full) return full
  const { chain, group, gaps } = facts
  if (!chain) {
    const why = gaps.find(gap => gap.startsWith('Gateway')) ?? 'the Gateway endpoint could not be asked'
    return stuck(
      'RPC_UNAVAILABLE',
      why,
      'Check the endpoint in gateway_url, or give the settings of the listener with --config.',
    )
  }
  if (chain.requestBlock === undefined) return lagging(chain) ?? notFound(chain)
  const { requestBlock, finalHead } = chain
  if (finalHead !== undefined && requestBlock > finalHead) {
    const name = group === 'decryption' ? 'decryption_finality' : 'key_management_finality'
    const text = `block ${requestBlock} is not final yet: ${name} has reached block ${finalHead}, the head is ${chain.head}`
    return waiting(
      'NOT_FINAL_YET',
      text,
      `Wait until block ${requestBlock} is final; ${name} of the listener says when that is.`,
    )
  }
  const { cursor } = broker
  if (!cursor || cursor.block < requestBlock) {
    const behind = lagging(chain)
    if (behind) return behind
    const where = cursor
      ? `has read up to block ${cursor.block}, ${age(facts.now - cursor.at)} ago`
      : 'has not read anything'
    return stuck(
      'LISTENER_BEHIND',
      `the request is in block ${requestBlock}, the listener ${where}`,
      'Check that a gw-listener runs and what its log says; kms-connector doctor looks at its endpoints.',
    )
  }
  return stuck(
    'REQUEST_MISSING',
    `the listener is past block ${requestBlock}, and no stream holds the request: older than streams keep, or missed`,
    `kms-connector backfill --from ${requestBlock} --to ${requestBlock}`,
  )
}

/** An endpoint that has fallen behind its peers, or whose head has become old. */
export function lagging(chain: ChainFacts): Verdict | undefined {
  const { endpoint, head, headAgeMs, behindPeers } = chain
  const isBehind = behindPeers > PEER_LAG_BLOCKS
  if (!isBehind && headAgeMs < STALE_HEAD_MS) return undefined
  const how = isBehind ? `${behindPeers} blocks behind another endpoint` : `its head ${head} is ${age(headAgeMs)} old`
  return stuck(
    'RPC_LAGGING',
    `${endpoint} lags: ${how}`,
    'Compare with a block explorer; if the chain is ahead, repair the endpoint or put another one first in gateway_url.',
  )
}

function notFound({ searchedBlocks, head, endpoint }: ChainFacts): Verdict {
  return unknown(
    'NOT_ON_CHAIN',
    `no request with this id in the last ${searchedBlocks} blocks up to ${head} of ${endpoint}`,
    'Check the id and the network; for an old request give the hash of its transaction instead of the id.',
  )
}
