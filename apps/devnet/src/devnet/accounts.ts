import type { Address, Hex } from '@kms-connector/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { devKey } from '../chain/index.ts'

/** A key of the devnet and its address in lower case. */
export interface DevAccount {
  readonly privateKey: Hex
  readonly address: Address
}

export interface CoprocessorAccount extends DevAccount {
  readonly signer: Address
  readonly bucket: string
}

function account(index: number): DevAccount {
  const privateKey = devKey(index)
  return { privateKey, address: privateKeyToAccount(privateKey).address.toLowerCase() as Address } // CAST: keeps the 0x
}

/** Who does what on the chains of the devnet; every account is used in one place only. */
export const DEPLOYER = account(0)
export const RELAYER = account(1)
export const USER = account(6)
/** Reads what {@link DELEGATOR} may read. */
export const DELEGATE = account(7)
export const DELEGATOR = account(8)

export const COPROCESSORS: readonly CoprocessorAccount[] = [
  { ...account(2), signer: account(3).address, bucket: 'ct128-a' },
  { ...account(4), signer: account(5).address, bucket: 'ct128-b' },
]

/** The confidential contract that the ciphertexts belong to; its address is all that anybody needs. */
export const APPLICATION: Address = '0xc0ffee00000000000000000000000000000000aa'

/** Wallets 10 to 29 hold native tokens, so this is the largest network. */
export const MAX_NODES = 20

/** Pays for the answers of a node. @param index 0 to {@link MAX_NODES} - 1 */
export function nodeWallet(index: number): DevAccount {
  return account(10 + index)
}

/** Signs the answers of a node's KMS Core; holds no tokens. */
export function nodeSigner(index: number): DevAccount {
  return account(1_000 + index)
}
