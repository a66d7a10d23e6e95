import {
  type Address,
  ConnectorError,
  type Hex,
  type RecoverableSignature,
  readHexBytes,
} from '@kms-connector/protocol'
import { minimal, rlpItem, rlpList, withoutZeros } from './rlp.ts'

/** A transaction of ours before it is signed. Amounts in wei. */
export interface UnsignedTransaction {
  readonly chainId: number
  readonly nonce: number
  readonly to: Address
  readonly data: Hex
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** First byte of a transaction of EIP-1559. */
const TYPE = Uint8Array.of(0x02)
const NOTHING = new Uint8Array()
const NO_VALUE = rlpItem(NOTHING)
const NO_ACCESS_LIST = Uint8Array.of(0xc0)

/**
 * Writes a transaction of EIP-1559 without value and access list: `0x02 || rlp([chainId, nonce, maxPriorityFeePerGas,
 * maxFeePerGas, gas, to, value, data, accessList])`. What is signed and what is sent differ in the head of the list and in
 * three fields at its end, so the fields are written once.
 * @throws ConnectorError INTERNAL for what no chain takes: numbers out of range, a tip above the fee, no address
 */
export class TransactionText {
  readonly #fields: Uint8Array

  constructor({ chainId, nonce, to, data, gas, maxFeePerGas, maxPriorityFeePerGas }: UnsignedTransaction) {
    if (maxPriorityFeePerGas > maxFeePerGas) throw impossible('the tip is above the fee')
    if (!(chainId > 0)) throw impossible(`chain id ${chainId}`)
    const numbers = [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas].map(numberItem)
    const [address, bytes] = [readHexBytes(to), readHexBytes(data)]
    if (address?.length !== 20) throw impossible('the receiver is no address')
    if (!bytes) throw impossible('the data is no hex')
    this.#fields = Buffer.concat([...numbers, rlpItem(address), NO_VALUE, rlpItem(bytes), NO_ACCESS_LIST])
  }

  /** Of which the keccak256 is signed. */
  unsigned(): Uint8Array {
    return typed(this.#fields)
  }

  /** What is sent, and of which the keccak256 is the hash of the transaction. */
  signed({ compact, yParity }: RecoverableSignature): Uint8Array {
    const [r, s] = [compact.subarray(0, 32), compact.subarray(32)]
    const signature = [minimal(yParity), withoutZeros(r), withoutZeros(s)].map(rlpItem)
    return typed(this.#fields, ...signature)
  }
}

function typed(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([TYPE, ...rlpList(fields)])
}

function numberItem(value: number | bigint): Uint8Array {
  try {
    return rlpItem(minimal(value))
  } catch {
    throw impossible(`a number ${value}`)
  }
}

function impossible(why: string): ConnectorError {
  return new ConnectorError('INTERNAL', `a transaction that no chain takes: ${why}`)
}
