import { ConnectorError } from '@kms-connector/protocol'
import type { Rpc } from './rpc.ts'
import { RpcError } from './rpcError.ts'

/** Where reads go: to one endpoint, or to a pool that asks another one where the first cannot tell. */
export interface RpcReader {
  /**
   * Asks a question; the same question may be asked of several endpoints, so it must not change anything.
   * @throws what the question throws, of the first endpoint that was asked
   */
  read<T>(ask: (rpc: Rpc) => Promise<T>): Promise<T>
}

/** Faults that say more about the endpoint than about the question: another endpoint may know. */
const MAY_DIFFER = new Set([
  'RPC_UNAVAILABLE',
  'RPC_REJECTED',
  'RPC_CONTRADICTION',
  'CONTRACT_MISSING',
  'CALLDATA_MISSING',
])

/**
 * Whether another endpoint may answer what this one did not. A revert is the word of the contract, the same everywhere.
 */
export function isWorthAsking(fault: unknown): boolean {
  if (fault instanceof RpcError) return !isRevert(fault)
  if (!(fault instanceof ConnectorError) || !MAY_DIFFER.has(fault.code)) return false
  return !(fault.cause instanceof RpcError && isRevert(fault.cause))
}

/** Nodes tell a revert by its code, its data or its words. */
export function isRevert({ code, data, text }: RpcError): boolean {
  return code === 3 || data !== undefined || /revert/i.test(text)
}
