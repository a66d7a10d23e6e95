import { ERRORS, type ErrorCode } from '@kms-connector/protocol'
import type { BrokerFacts } from './requestFacts.ts'

/** Why a request is where it is, and what to do. */
export interface Verdict {
  /** `ANSWERED`, `WORKING` and the like, or the code of the fault that is in the way. */
  readonly code: string
  /** `done`: nothing more to come; `waiting`: goes on by itself; `stuck`: somebody must act; `unknown`: cannot tell. */
  readonly status: 'done' | 'waiting' | 'stuck' | 'unknown'
  readonly what: string
  /** What to do, one line. */
  readonly fix: string
}

export function fullVerdict({ full }: BrokerFacts, consequence: string): Verdict | undefined {
  const [first] = full
  if (!first) return undefined
  const text = `stream ${first.stream} is full (${first.bytes} of ${first.limit} bytes), ${consequence}`
  return stuck(
    'STREAM_FULL',
    text,
    `Raise its bytes in the settings (streams.*_bytes) and restart one service; nothing is lost meanwhile.`,
  )
}

export function notRegistered(address: string, consequence: string): Verdict {
  const text = `the wallet ${address} is not registered in GatewayConfig, ${consequence}`
  return stuck('WALLET_NOT_REGISTERED', text, hintOf('WALLET_NOT_REGISTERED'))
}

export const stuck = (code: string, what: string, fix: string): Verdict => ({ code, status: 'stuck', what, fix })
export const waiting = (code: string, what: string, fix: string): Verdict => ({ code, status: 'waiting', what, fix })
export const unknown = (code: string, what: string, fix: string): Verdict => ({ code, status: 'unknown', what, fix })

/** @returns what the error reference tells operators to do */
export function hintOf(code: string): string {
  const known = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined // CAST: just looked up
  return known?.hint ?? 'Look the code up in docs/errors.md.'
}
