import { formatDuration } from '@kms-connector/service-kit'
import type { Loss, LossField } from '@kms-connector/streams'
import { WrongUse } from './command.ts'
import { sizeText } from './sizes.ts'

const NANOS_PER_MS = 1_000_000
const TEXTS: Readonly<Record<LossField, (limit: number) => string>> = {
  max_age: nanos => formatDuration(nanos / NANOS_PER_MS),
  max_bytes: sizeText,
  max_msgs: String,
  num_replicas: String,
}

/** A limit that would be lowered, for people. */
export function lossLine({ stream, field, present, wanted }: Loss): string {
  const text = Number.isFinite(present) ? TEXTS[field](present) : 'no limit'
  return `${stream}: ${field} is ${text}, the settings say ${TEXTS[field](wanted)}`
}

/** @throws WrongUse naming every limit that would be lowered, and what to give instead */
export function refuseLosses(losses: readonly Loss[]): void {
  if (losses.length === 0) return
  const detail =
    `${losses.map(lossLine).join('; ')}. Lowering that removes messages, answers that were not sent among them, or copies ` +
    'of them. Nothing was changed: give the settings of the services with --config FILE, or --shorten if it is meant'
  throw new WrongUse(detail)
}

/** The option of commands that may lower limits. */
export const SHORTEN_OPTION = {
  shorten: { type: 'boolean', describe: 'also lower limits at which messages, or copies of them, are removed' },
} as const
