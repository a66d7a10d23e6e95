import { parseJsonWithin } from '@kms-connector/protocol'
import { isRecord } from './nodeValue.ts'

/** What one call of an exchange got. */
export type CallAnswer =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: NodeError }
  /** The endpoint answered, but not to this call. */
  | { readonly kind: 'missing' }

/** Error object of JSON-RPC 2.0, as far as it could be read. */
export interface NodeError {
  /** 0 when the node sent no number. */
  readonly code: number
  readonly text: string
  /** Revert data as lower-case hex, wherever the node put it. */
  readonly data: string | undefined
}

/** @throws TypeError when a parameter has no JSON form */
export function callText(id: number, method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

/** One call travels as an object, because some endpoints take no batches; several as an array. */
export function bodyOf(calls: readonly string[]): string {
  return calls.length === 1 ? (calls[0] ?? '') : `[${calls.join(',')}]`
}

/**
 * Gives every call its own answer, by id and never by position: nodes may reorder a batch or leave calls out. An error
 * without an id speaks for all calls that have no answer of their own.
 * @param text body of the HTTP answer
 * @returns one answer per id in their order, or undefined when the text is no JSON-RPC at all
 */
export function answersOf(text: string, ids: readonly number[]): CallAnswer[] | undefined {
  const json = parse(text)
  const items = (Array.isArray(json) ? json : [json]).filter(isRecord)
  const byId = new Map<string, CallAnswer>()
  let forAll: CallAnswer | undefined
  for (const item of items) {
    const answer = answerOf(item)
    if (answer === undefined) continue
    const id = item['id']
    if (typeof id === 'string' || typeof id === 'number') byId.set(String(id), answer)
    else if ((id === null || id === undefined) && answer.kind === 'error') forAll ??= answer
  }
  if (byId.size === 0 && forAll === undefined) return undefined
  return ids.map(id => byId.get(String(id)) ?? forAll ?? { kind: 'missing' })
}

function answerOf(item: Readonly<Record<string, unknown>>): CallAnswer | undefined {
  const { error, result } = item
  if (error !== undefined && error !== null) return { kind: 'error', error: nodeErrorOf(error) }
  return result === undefined ? undefined : { kind: 'result', result }
}

function nodeErrorOf(error: unknown): NodeError {
  if (!isRecord(error))
    return { code: 0, text: typeof error === 'string' ? error : JSON.stringify(error), data: undefined }
  const { code, message, data } = error
  return {
    code: typeof code === 'number' ? code : 0,
    text: typeof message === 'string' ? message : '',
    data: revertData(data, 3),
  }
}

/**
 * Most nodes send revert data as a string, some as "Reverted 0x...", some inside an object (also named `data`).
 * @param depth objects looked into
 */
function revertData(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return /^(?:reverted )?(0x[0-9a-f]*)$/i.exec(value)?.[1]?.toLowerCase()
  return isRecord(value) && depth > 0 ? revertData(value['data'], depth - 1) : undefined
}

function parse(text: string): unknown {
  try {
    return parseJsonWithin(text)
  } catch {
    return undefined
  }
}
