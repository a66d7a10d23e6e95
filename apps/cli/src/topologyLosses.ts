import { formatDuration } from '@kms-connector/service-kit'
import { type Broker, type Drift, streamFacts, type Topology } from '@kms-connector/streams'
import { WrongUse } from './command.ts'
import { sizeText } from './sizes.ts'

type StreamPlan = Topology['streams'][number]

/** A limit that would be lowered so that the server removes messages which nobody has dealt with. */
export interface Loss {
  readonly stream: string
  readonly field: string
  readonly present: string
  readonly wanted: string
}

const NANOS_PER_MS = 1_000_000
/** Limits at which a stream that discards the old makes room. Others refuse what is new. */
const SIZES: Readonly<Record<string, (limit: number) => string>> = { max_bytes: sizeText, max_msgs: String }

/**
 * What of the drift of a stream costs messages once it is corrected; a stream with a field that cannot be corrected in place is
 * refused and left alone as a whole. Pure.
 * @param plan what the settings say
 */
export function lossesOf(plan: Pick<StreamPlan, 'discard'>, drift: readonly Drift[]): readonly Loss[] {
  if (drift.some(({ immutable }) => immutable)) return []
  const discardsOld = String(plan.discard) === 'old'
  return drift.flatMap(({ name, field, expected, found }) => {
    const text = field === 'max_age' ? ageText : discardsOld ? SIZES[field] : undefined
    const [present, wanted] = [limitOf(found), limitOf(expected)]
    if (!text || wanted >= present) return []
    return [{ stream: name, field, present: present === NO_LIMIT ? 'no limit' : text(present), wanted: text(wanted) }]
  })
}

const NO_LIMIT = Number.POSITIVE_INFINITY
const ageText = (nanos: number) => formatDuration(nanos / NANOS_PER_MS)

/** The server says 0, -1 or nothing where there is no limit. */
function limitOf(text: string): number {
  const limit = Number(text)
  return limit > 0 ? limit : NO_LIMIT
}

/** @throws ConnectorError BROKER_UNAVAILABLE */
export async function readLosses(broker: Broker, { streams }: Topology): Promise<readonly Loss[]> {
  const each = streams.map(async plan => lossesOf(plan, (await streamFacts(broker, plan))?.drift ?? []))
  return (await Promise.all(each)).flat()
}

export const lossLine = ({ stream, field, present, wanted }: Loss): string =>
  `${stream}: ${field} is ${present}, the settings say ${wanted}`

/** @throws WrongUse naming every limit that would be lowered, and what to give instead */
export function refuseLosses(losses: readonly Loss[]): void {
  if (losses.length === 0) return
  const detail =
    `${losses.map(lossLine).join('; ')}. Lowering that removes messages, answers that were not sent among them. ` +
    'Nothing was changed: give the settings of the services with --config FILE, or --shorten if it is meant'
  throw new WrongUse(detail)
}

/** The option of commands that may lower limits. */
export const SHORTEN_OPTION = {
  shorten: { type: 'boolean', describe: 'also lower limits at which messages are removed' },
} as const
