import { ConnectorError } from './connectorError.ts'
import { FHE_TYPES, type FheType } from './fheType.ts'
import type { Hex } from './hex.ts'

export interface HandleParts {
  readonly chainId: bigint
  readonly fheType: FheType
}

const HANDLE = /^0x[0-9a-f]{64}$/

/**
 * Reads a ciphertext handle: bytes 22-29 are the host chain id (big-endian), byte 30 the FHE type, byte 31 the handle
 * version, which is 0.
 * @throws ConnectorError HANDLE_MALFORMED
 */
export function parseHandle(handle: Hex): HandleParts {
  if (!HANDLE.test(handle)) throw new ConnectorError('HANDLE_MALFORMED', `${handle.slice(0, 80)} is not 32 bytes`)
  const version = Number.parseInt(handle.slice(64, 66), 16)
  if (version !== 0) throw new ConnectorError('HANDLE_MALFORMED', `${handle} has version ${version}, not 0`, { handle })
  const number = Number.parseInt(handle.slice(62, 64), 16)
  const fheType = FHE_TYPES.get(number)
  if (!fheType)
    throw new ConnectorError('HANDLE_MALFORMED', `${handle} has the unsupported FHE type ${number}`, { handle })
  return { chainId: BigInt(`0x${handle.slice(46, 62)}`), fheType }
}
