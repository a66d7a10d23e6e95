import type { ContractDomain } from './contractDomain.ts'
import { keccak256 } from './keccak.ts'
import type { TypedData, TypedDataField } from './typedData.ts'
import { compileStruct, hashStruct, type StructType } from './typedDataStruct.ts'

const DOMAIN_TYPES: TypedData['types'] = {
  EIP712Domain: [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'verifyingContract', type: 'address' },
  ],
}
const DOMAIN = compileStruct(DOMAIN_TYPES, 'EIP712Domain')

const separators = new WeakMap<ContractDomain, Uint8Array>()
const structs = new WeakMap<Readonly<Record<string, readonly TypedDataField[]>>, Map<string, StructType>>()

/**
 * The EIP-712 digest that the contracts compute: keccak256(0x1901, domain separator, hash of the message). What depends on
 * types or domain alone is computed once for each object that describes them, so both are best kept as constants.
 * @returns 32 bytes
 * @throws TypeError when the message does not fit its types
 */
export function typedDataDigest(domain: ContractDomain, { types, primaryType, message }: TypedData): Uint8Array {
  const bytes = Buffer.allocUnsafe(66)
  bytes.writeUInt16BE(0x1901, 0)
  bytes.set(separatorOf(domain), 2)
  bytes.set(hashStruct(structOf(types, primaryType), message), 34)
  return keccak256(bytes)
}

function separatorOf(domain: ContractDomain): Uint8Array {
  const known = separators.get(domain)
  if (known) return known
  const separator = hashStruct(DOMAIN, { ...domain })
  separators.set(domain, separator)
  return separator
}

function structOf(types: TypedData['types'], name: string): StructType {
  const byName = structs.get(types) ?? new Map<string, StructType>()
  structs.set(types, byName)
  const struct = byName.get(name) ?? compileStruct(types, name)
  byName.set(name, struct)
  return struct
}
