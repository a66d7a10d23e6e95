import type { ContractName } from './operation.ts'

export interface TypedDataField {
  readonly name: string
  readonly type: string
}

/** EIP-712 data without its domain; chain id and address of the domain come from the settings of `contract`. */
export interface TypedData {
  readonly contract: ContractName
  readonly primaryType: string
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>
  readonly message: Readonly<Record<string, unknown>>
}
