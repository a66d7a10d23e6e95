import type { FinalHead, Rpc, RpcPool } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'

export interface PinnedHead {
  /** Endpoint that everything of this step is read from. */
  readonly rpc: Rpc
  /** Highest block that counts as readable there. */
  readonly head: number
}

/**
 * The endpoint of a step and its head. Where several endpoints must agree it is the highest head that so many of them
 * have reached.
 * @throws ConnectorError RPC_UNAVAILABLE when too few endpoints answer, or the fault of the only one
 */
export async function agreedHead(pool: RpcPool, finality: FinalHead, quorum: number): Promise<PinnedHead> {
  const rpc = pool.pin()
  if (quorum <= 1) return { rpc, head: await headOf(pool, finality, rpc) }
  const asked = [rpc, ...pool.others(rpc)]
  const heads = await Promise.allSettled(asked.map(async each => ({ rpc: each, head: await finality.read(each) })))
  const found = heads.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const head = [...found].sort((a, b) => b.head - a.head)[quorum - 1]?.head
  const first = found.find(each => head !== undefined && each.head >= head)
  if (head === undefined || !first) {
    const detail = `${found.length} of the ${quorum} endpoints that must agree have answered`
    throw new ConnectorError('RPC_UNAVAILABLE', detail, { asked: asked.length })
  }
  return { rpc: first.rpc, head }
}

/** One that answers but does not have the block of this finality is as good as none: the next step asks another one. */
async function headOf(pool: RpcPool, finality: FinalHead, rpc: Rpc): Promise<number> {
  try {
    return await finality.read(rpc)
  } catch (fault) {
    if (fault instanceof ConnectorError && fault.code === 'RPC_REJECTED') pool.passOver(rpc)
    throw fault
  }
}
