import type { BlockTag } from './block.ts'

/** From when on a block counts as readable. */
export type Finality =
  | { readonly kind: 'tag'; readonly tag: BlockTag }
  /** Blocks on top of it, its own included: 1 is the same as `latest`. */
  | { readonly kind: 'confirmations'; readonly blocks: number }
  /** Its block time is this much older than that of the latest block, milliseconds. */
  | { readonly kind: 'delay'; readonly ms: number }

const TAGS: ReadonlySet<string> = new Set(['latest', 'safe', 'finalized'] satisfies BlockTag[])
const MAX_CONFIRMATIONS = 1_000_000

/**
 * Reads a finality setting: `latest`, `safe`, `finalized`, a number of confirmations such as `12`, or a delay such as `7d`
 * (the challenge period after which an Arbitrum block cannot be disputed any more).
 * @param duration reads a duration into milliseconds, undefined when the text is none
 * @returns undefined for anything else
 */
export function parseFinality(text: string, duration: (text: string) => number | undefined): Finality | undefined {
  if (TAGS.has(text)) return { kind: 'tag', tag: text as BlockTag } // CAST: the set holds nothing but tags
  if (/^[0-9]{1,7}$/.test(text)) {
    const blocks = Number(text)
    return blocks >= 1 && blocks <= MAX_CONFIRMATIONS ? { kind: 'confirmations', blocks } : undefined
  }
  const ms = duration(text)
  return ms === undefined || ms <= 0 ? undefined : { kind: 'delay', ms }
}
