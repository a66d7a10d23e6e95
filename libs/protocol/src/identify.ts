import type { Operation } from './operation.ts'
import { isRequestId, PRSS_INIT_ID, type RequestId, requestIdOf, requestIdType } from './requestId.ts'

const HEX_ID = /^(?:0x)?([0-9a-f]{64})$/
const DECIMAL_ID = /^[1-9][0-9]{0,77}$/
const MAX_VALUE = (1n << 256n) - 1n

/**
 * Reads a request id as people and tools write it: 64 hex digits with or without 0x, or a decimal number. Sixty-four
 * decimal digits are read as hex; real ids have one digit when they are PRSSInit's, else 75 or more.
 * @returns undefined for anything else, and for zero, which is no id
 */
export function identify(text: string): RequestId | undefined {
  const hex = HEX_ID.exec(text.toLowerCase())?.[1]
  if (hex !== undefined) return isRequestId(hex) && BigInt(`0x${hex}`) > 0n ? hex : undefined
  if (!DECIMAL_ID.test(text)) return undefined
  const value = BigInt(text)
  return value <= MAX_VALUE ? requestIdOf(value) : undefined
}

/** The operation whose ids look like this one: told by the type byte, PRSSInit by its constant id. */
export function operationOf(operations: readonly Operation[], id: RequestId): Operation | undefined {
  if (id === PRSS_INIT_ID) return operations.find(o => o.idType === undefined)
  return operations.find(o => o.idType === requestIdType(id))
}
