import { ConnectorError } from './connectorError.ts'

/**
 * The request's uint256 as 64 lower-case hex digits without 0x: the form KMS Core expects in `RequestId.request_id`
 * and the last token of every subject.
 */
export type RequestId = string & { readonly __brand: 'RequestId' }

const REQUEST_ID = /^[0-9a-f]{64}$/
const MAX = (1n << 256n) - 1n

/** PRSSInit carries no id; every implementation of the protocol uses the constant 1 for it. */
export const PRSS_INIT_ID = requestIdOf(1n)

/** @throws ConnectorError REQUEST_ID_INVALID outside 1..2^256-1 (KMS Core rejects an all-zero id). */
export function requestIdOf(value: bigint): RequestId {
  if (value <= 0n || value > MAX) throw new ConnectorError('REQUEST_ID_INVALID', `${value} is no request id`)
  return value.toString(16).padStart(64, '0') as RequestId // CAST: just built in the branded form
}

export function isRequestId(text: string): text is RequestId {
  return REQUEST_ID.test(text)
}

/** @throws ConnectorError REQUEST_ID_INVALID when the text is not 64 lower-case hex digits. */
export function parseRequestId(text: string): RequestId {
  if (!isRequestId(text)) throw new ConnectorError('REQUEST_ID_INVALID', `"${text.slice(0, 80)}" is not 64 hex digits`)
  return text
}

export function requestIdValue(id: RequestId): bigint {
  return BigInt(`0x${id}`)
}

/**
 * Gateway ids are counters under a type byte: `id = (type << 248) + n`, n = 1, 2, ... (1 public decryption, 2 user
 * decryption, 3 prep-keygen, 4 keygen, 5 crsgen, 6 key reshare).
 */
export function requestIdType(id: RequestId): number {
  return Number.parseInt(id.slice(0, 2), 16)
}

/** The dense counter under the type byte: a hole in it is a request that was missed. */
export function requestIdSerial(id: RequestId): bigint {
  return BigInt(`0x${id.slice(2)}`)
}
