import { z } from 'zod'
import { ConnectorError } from '../connectorError.ts'
import { parseHandle } from '../handle.ts'
import { addressSchema, type Hex, hex32Schema, uintSchema } from '../hex.ts'
import type { CiphertextRef } from '../operation.ts'

/** `SnsCiphertextMaterial` of the Gateway contracts as it travels in a message body. */
export const snsMaterialSchema = z.object({
  ctHandle: hex32Schema,
  keyId: uintSchema,
  snsCiphertextDigest: hex32Schema,
  coprocessorTxSenderAddresses: z.array(addressSchema).max(256),
})

export type SnsMaterial = z.infer<typeof snsMaterialSchema>

/** At most 2048 bits a request and at least 2 bits a handle: 1024 handles. */
export const snsMaterialsSchema = z.array(snsMaterialSchema).min(1).max(1024)

/** The tuple as viem decodes it from a log. */
export interface SnsMaterialArg {
  readonly ctHandle: Hex
  readonly keyId: bigint
  readonly snsCiphertextDigest: Hex
  readonly coprocessorTxSenderAddresses: readonly Hex[]
}

/** @throws ConnectorError LOG_UNDECODABLE for a request without ciphertexts or with several keys */
export function materialsFromEvent(materials: readonly SnsMaterialArg[]): SnsMaterial[] {
  const first = materials[0]
  if (!first) throw new ConnectorError('LOG_UNDECODABLE', 'a decryption request names no ciphertext')
  if (materials.some(m => m.keyId !== first.keyId)) {
    throw new ConnectorError('LOG_UNDECODABLE', 'a decryption request mixes ciphertexts of several keys')
  }
  return materials.map(m => ({
    ctHandle: lower(m.ctHandle),
    keyId: m.keyId,
    snsCiphertextDigest: lower(m.snsCiphertextDigest),
    coprocessorTxSenderAddresses: m.coprocessorTxSenderAddresses.map(lower),
  }))
}

export function ciphertextRefs(materials: readonly SnsMaterial[]): CiphertextRef[] {
  return materials.map(m => ({
    handle: m.ctHandle,
    digest: m.snsCiphertextDigest,
    coprocessors: m.coprocessorTxSenderAddresses,
  }))
}

/** @throws ConnectorError HANDLE_MALFORMED for the first handle that cannot be decrypted */
export function fheTypesOf(materials: readonly SnsMaterial[]) {
  return materials.map(m => parseHandle(m.ctHandle).fheType)
}

function lower(hex: Hex): Hex {
  return hex.toLowerCase() as Hex // CAST: lower case does not change the 0x prefix
}
