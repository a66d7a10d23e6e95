import { checksumAddress } from './address.ts'
import type { CoreDomain } from './coreCall.ts'
import { type Address, uintBytes } from './hex.ts'

/** EIP-712 domain of one Gateway contract, from the settings. */
export interface ContractDomain {
  readonly name: string
  readonly version: string
  readonly chainId: number
  readonly verifyingContract: Address
}

/** The domain as KMS Core wants it: 32 big-endian bytes of chain id, address with EIP-55 checksum. */
export function toCoreDomain(domain: ContractDomain): CoreDomain {
  return {
    name: domain.name,
    version: domain.version,
    chainId: uintBytes(BigInt(domain.chainId), 32),
    verifyingContract: checksumAddress(domain.verifyingContract),
  }
}
