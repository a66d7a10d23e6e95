import type { FheType } from '@kms-connector/protocol'
import { REQUEST_KINDS, shortId } from '../workload/index.ts'
import type { FinishedRequest } from './observe.ts'
import { ends, green, red, table } from './terminal.ts'

/** Above this many requests a table of all of them is no summary any more. */
const MOST_ROWS = 40
const SOME_ROWS = 12
const HASH_CHARACTERS = 14
const VALUE_CHARACTERS = 21

/** Draws the requests with their answers, all or the first ones, and the numbers of each kind. */
export function summaryLines(finished: readonly FinishedRequest[], wide: boolean): string[] {
  const shown = finished.length > MOST_ROWS ? finished.slice(0, SOME_ROWS) : finished
  const header = ['request', 'kind', 'type', 'value', 'latency', 'blocks', 'tx', '']
  const rest = finished.length - shown.length
  return [
    ...table(
      header,
      shown.flatMap(f => requestRows(f, wide)),
    ),
    ...(rest > 0 ? [`... and ${rest} more`] : []),
    '',
    ...table(
      ['kind', 'answered', 'p50', 'p90', 'slowest', 'mismatches'],
      REQUEST_KINDS.map(kind =>
        kindRow(
          kind,
          finished.filter(f => f.request.kind === kind),
        ),
      ),
    ),
  ]
}

function requestRows(
  { request, judgement, latencyMs, blocks, transactionHash }: FinishedRequest,
  wide: boolean,
): string[][] {
  const hash = transactionHash ?? ''
  return request.values.map(({ fheType, value }, i) => {
    const matches = judgement.values[i] === value
    const text = valueText(fheType, value)
    const type = fheType.name
    if (i > 0) return ['', '', type, text, '', '', '', matches ? 'ok' : 'WRONG']
    const cells = [shortId(request.id), request.kind, type, text, seconds(latencyMs), String(blocks)]
    return [...cells, wide ? hash : ends(hash, HASH_CHARACTERS), matches ? 'ok' : 'WRONG']
  })
}

function kindRow(kind: string, finished: readonly FinishedRequest[]): string[] {
  const latencies = finished.map(f => f.latencyMs).sort((a, b) => a - b)
  const wrong = finished.filter(f => f.judgement.fault !== undefined).length
  const at = (share: number) => seconds(quantile(latencies, share))
  return [kind, String(finished.length), at(0.5), at(0.9), at(1), String(wrong)]
}

/**
 * @param sorted ascending
 * @param share 0.9 for the value that nine of ten do not exceed
 * @returns undefined for an empty list
 */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

/** @param ms undefined draws a dash */
export function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`
}

/** A value in the words of its type, both ends of it where it is long. */
export function valueText({ name, bits }: FheType, value: bigint): string {
  if (name === 'bool') return value === 0n ? 'false' : 'true'
  if (name === 'address') return ends(`0x${value.toString(16).padStart(bits / 4, '0')}`, VALUE_CHARACTERS)
  return ends(value.toString(), VALUE_CHARACTERS)
}

/** The checks behind the exit code, one line each. */
export function verdictLines(
  checks: readonly { readonly what: string; readonly faults: readonly string[] }[],
): string[] {
  return checks.flatMap(({ what, faults }) => {
    if (faults.length === 0) return [`${green('✓')} ${what}`]
    const more = faults.length > 20 ? [`    ... and ${faults.length - 20} more`] : []
    return [`${red('✗')} ${what}`, ...faults.slice(0, 20).map(fault => `    ${fault}`), ...more]
  })
}
