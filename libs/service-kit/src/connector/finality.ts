import { type Finality, parseFinality } from '@kms-connector/gateway'
import { formatDuration, parseDuration } from '../duration.ts'
import { type Declaration, type Setting, setting } from '../settings/declare.ts'
import { type Kind, Mismatch, quoted, textKind } from '../settings/kind.ts'

const text = textKind<Finality>({
  name: 'finality',
  expected: '"latest", "safe", "finalized", a number of confirmations such as 12, or an age such as "7d"',
  placeholder: 'latest',
  parse: written => {
    const finality = parseFinality(written, parseDuration)
    if (finality === undefined) throw new Mismatch(`${quoted(written)} is no finality`)
    return finality
  },
  display: finality => {
    if (finality.kind === 'tag') return finality.tag
    return finality.kind === 'delay' ? formatDuration(finality.ms) : String(finality.blocks)
  },
})

const finalityKind: Kind<Finality> = {
  ...text,
  written: { type: ['string', 'integer'], minimum: 1, pattern: '^(latest|safe|finalized|[0-9]+|([0-9]+[a-z]+ ?)+)$' },
  // Confirmations are a number, with or without quotes.
  fromValue: value => text.fromValue(Number.isSafeInteger(value) ? String(value) : value),
}

/** When a block counts as final enough to be read. */
export const finality = (declared: Declaration<string | number>): Setting<Finality> => setting(finalityKind, declared)
