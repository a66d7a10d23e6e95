import type { Address, Hex } from '@kms-connector/protocol'
import type { LocalAccount } from 'viem'

/** The part of a user decryption request that is the same whether it is direct or delegated. */
export interface UserDecryptionOrder {
  readonly pairs: readonly { readonly handle: Hex; readonly contractAddress: Address }[]
  readonly hostChainId: number
  /** Public encryption key of the client that will open the answer, as its library serialised it. */
  readonly publicKey: Hex
  /** 0x00 when left out: version 0 of the extra data. */
  readonly extraData?: Hex
  /** Unix seconds; when left out, the Gateway's clock as first seen. */
  readonly startTimestamp?: bigint
  /** 10 when left out. */
  readonly durationDays?: number
  /** The contracts the user signs for; when left out, those of the pairs. */
  readonly contracts?: readonly Address[]
  /** Sent instead of a signature made here. */
  readonly signature?: Hex
}

const TAIL = [
  { name: 'startTimestamp', type: 'uint256' },
  { name: 'durationDays', type: 'uint256' },
  { name: 'extraData', type: 'bytes' },
] as const
const HEAD = [
  { name: 'publicKey', type: 'bytes' },
  { name: 'contractAddresses', type: 'address[]' },
] as const
const types = {
  UserDecryptRequestVerification: [...HEAD, ...TAIL],
  DelegatedUserDecryptRequestVerification: [...HEAD, { name: 'delegatorAddress', type: 'address' }, ...TAIL],
} as const

/** Everything that the order leaves open, decided. */
export interface UserDecryptionTerms {
  readonly publicKey: Hex
  readonly contractAddresses: readonly Address[]
  readonly startTimestamp: bigint
  readonly durationDays: bigint
  readonly extraData: Hex
}

/** @param now Unix seconds, used as start when the order names none. */
export function termsOf(order: UserDecryptionOrder, now: bigint): UserDecryptionTerms {
  return {
    publicKey: order.publicKey,
    contractAddresses: order.contracts ?? [...new Set(order.pairs.map(pair => pair.contractAddress))],
    startTimestamp: order.startTimestamp ?? now,
    durationDays: BigInt(order.durationDays ?? 10),
    extraData: order.extraData ?? '0x00',
  }
}

/**
 * Signs as the user, or as the delegate when a delegator is named. The EIP-712 domain is that of Decryption with the chain id
 * of the host chain (Gateway contracts v0.11), although the verifying contract lives on the Gateway.
 */
export function signTerms(
  signer: LocalAccount,
  terms: UserDecryptionTerms,
  scope: { readonly decryption: Address; readonly hostChainId: number; readonly delegator?: Address },
): Promise<Hex> {
  const domain = { name: 'Decryption', version: '1', chainId: scope.hostChainId, verifyingContract: scope.decryption }
  if (scope.delegator === undefined) {
    return signer.signTypedData({ domain, types, primaryType: 'UserDecryptRequestVerification', message: terms })
  }
  const message = { ...terms, delegatorAddress: scope.delegator }
  return signer.signTypedData({ domain, types, primaryType: 'DelegatedUserDecryptRequestVerification', message })
}
