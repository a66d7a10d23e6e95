import { ConnectorError, type ErrorCode } from '@kms-connector/protocol'

/**
 * From the most to the least telling: a source that served wrong bytes needs a human before one that merely lacks the
 * object, and a slow one may still hold it. Codes outside the list come from the registry or from a defect and explain
 * everything after them, so they precede all.
 */
const ORDER: readonly ErrorCode[] = [
  'CIPHERTEXT_DIGEST_MISMATCH',
  'CIPHERTEXT_TOO_LARGE',
  'CIPHERTEXT_TIMEOUT',
  'CIPHERTEXT_UNAVAILABLE',
  'CIPHERTEXT_MISSING',
  'BUCKET_URL_INVALID',
  'COPROCESSOR_UNKNOWN',
]
const MAX_SHOWN = 8

/** Why one source did not give the ciphertext. */
export interface SourceFault {
  readonly source: string
  readonly error: ConnectorError
}

/**
 * Makes one error of the reasons of all sources: it carries the most telling code, and its message lists every source.
 * @param faults the last fault of each source, in the order they were asked; at least one
 */
export function worstFault(
  faults: readonly SourceFault[],
  facts: { readonly handle: string; readonly digest: string },
): ConnectorError {
  const worst = faults.toSorted((a, b) => ORDER.indexOf(a.error.code) - ORDER.indexOf(b.error.code))[0]
  if (!worst) return new ConnectorError('COPROCESSOR_UNKNOWN', 'there is no source to ask', facts)
  const shown = faults.slice(0, MAX_SHOWN).map(({ source, error }) => `${source}: ${error.message}`)
  const more = faults.length > MAX_SHOWN ? [`and ${faults.length - MAX_SHOWN} more`] : []
  return new ConnectorError(
    worst.error.code,
    `ciphertext ${facts.handle} from ${faults.length} source(s): ${[...shown, ...more].join('; ')}`,
    { ...facts, sources: faults.length },
    worst.error,
  )
}
