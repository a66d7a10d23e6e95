import type { Broker } from './connection.ts'
import type { Drift } from './drift.ts'
import { SENDER_LEASE_BUCKET } from './names.ts'
import { bucketStream } from './observe.ts'
import { streamFacts } from './streamFacts.ts'
import type { StreamPlan, Topology } from './topology.ts'

/** A limit that would be lowered so that the server removes messages which nobody has dealt with, or copies of them. */
export interface Loss {
  readonly stream: string
  readonly field: LossField
  /** Infinity for no limit. Nanoseconds, bytes, messages or copies. */
  readonly present: number
  readonly wanted: number
}

export type LossField = (typeof FIELDS)[number]

const FIELDS = ['max_age', 'max_bytes', 'max_msgs', 'num_replicas'] as const
/** Limits at which only a stream that discards the old makes room. Others refuse what is new. */
const SIZES: ReadonlySet<string> = new Set<LossField>(['max_bytes', 'max_msgs'])

/**
 * What of the drift of a stream costs messages once it is corrected; a stream with a field that cannot be corrected in place is
 * refused and left alone as a whole. A lease that ends earlier costs nothing. Pure.
 * @param plan what the settings say
 */
export function lossesOf(plan: Pick<StreamPlan, 'name' | 'discard'>, drift: readonly Drift[]): readonly Loss[] {
  if (drift.some(({ immutable }) => immutable) || plan.name === bucketStream(SENDER_LEASE_BUCKET)) return []
  const discardsOld = String(plan.discard) === 'old'
  return drift.flatMap(({ name: stream, field: drifted, expected, found }) => {
    const field = FIELDS.find(each => each === drifted)
    const [present, wanted] = [limitOf(found), limitOf(expected)]
    if (!field || wanted >= present || (SIZES.has(field) && !discardsOld)) return []
    return [{ stream, field, present, wanted }]
  })
}

/** The server says 0, -1 or nothing where there is no limit. */
function limitOf(text: string): number {
  const limit = Number(text)
  return limit > 0 ? limit : Number.POSITIVE_INFINITY
}

/** @throws ConnectorError BROKER_UNAVAILABLE */
export async function readLosses(broker: Broker, { streams }: Topology): Promise<readonly Loss[]> {
  const each = streams.map(async plan => lossesOf(plan, (await streamFacts(broker, plan))?.drift ?? []))
  return (await Promise.all(each)).flat()
}
