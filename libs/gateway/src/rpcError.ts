import { ConnectorError } from '@kms-connector/protocol'
import type { ExchangeFault } from './exchangeFault.ts'

/** A JSON-RPC error as the node sent it. Callers classify it themselves: libraries merge texts that mean opposites. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly method: string
  /** 0 when the node sent no number. */
  readonly code: number
  /** Error text of the node, clipped; untrusted. */
  readonly text: string
  /** Revert data as lower-case hex, where the node sends it. */
  readonly data: string | undefined

  constructor(method: string, code: number, text: string, data: string | undefined) {
    super(`${method} failed with ${code}: ${text.slice(0, 300)}`)
    this.method = method
    this.code = code
    this.text = text.slice(0, 2000)
    this.data = data
  }
}

/** A call without an answer; it may have arrived all the same. */
export function unanswered(method: string, endpoint: string, { message, status }: ExchangeFault): ConnectorError {
  return new ConnectorError('RPC_UNAVAILABLE', `${method} at ${endpoint}: ${message}`, { method, endpoint, status })
}

/** A node that answers with an error is a fault of the call, worth another try within the budget of the caller. */
export function rejected(error: RpcError): ConnectorError {
  return new ConnectorError('RPC_REJECTED', error.message, { method: error.method, rpcCode: error.code }, error)
}
