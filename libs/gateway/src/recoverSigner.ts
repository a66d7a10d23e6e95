import type { Address, ContractDomain, Hex, TypedData } from '@kms-connector/protocol'
import { ConnectorError } from '@kms-connector/protocol'
import { hashTypedData, recoverAddress, type TypedDataDefinition } from 'viem'

/** EIP-712 digest that the contracts compute for an answer. */
export function typedDataDigest(domain: ContractDomain, data: TypedData): Hex {
  // CAST: the types are data here; viem would infer them from literals
  return hashTypedData({
    domain: { ...domain },
    types: data.types,
    primaryType: data.primaryType,
    message: data.message,
  } as unknown as TypedDataDefinition)
}

/**
 * @returns who signed the answer, in lower case
 * @throws ConnectorError CORE_SIGNATURE_INVALID when no key can have made the signature
 */
export async function recoverSigner(domain: ContractDomain, data: TypedData, signature: Hex): Promise<Address> {
  const hash = typedDataDigest(domain, data)
  try {
    return (await recoverAddress({ hash, signature })).toLowerCase() as Address // CAST: lower case keeps the 0x prefix
  } catch (cause) {
    throw new ConnectorError('CORE_SIGNATURE_INVALID', 'no key can have made this signature', {}, cause)
  }
}
