import type { Abi, AbiEvent, AbiFunction } from 'viem'
import type { z } from 'zod'
import type { CoreDomain, CoreRequest, PollMethod, SubmitMethod } from './coreCall.ts'
import type { Address, Hex } from './hex.ts'
import type { RequestId } from './requestId.ts'
import type { TypedData } from './typedData.ts'

/** A ciphertext that an operation needs before KMS Core can work on it. */
export interface CiphertextRef {
  readonly handle: Hex
  /** keccak256 of the stored bytes: the only proof that a bucket served the right object. */
  readonly digest: Hex
  /** Coprocessors that reached consensus on it; their buckets hold it. */
  readonly coprocessors: readonly Address[]
}

/** KMS Core's `CiphertextFormat`: how the stored bytes are serialised. */
export type CiphertextFormat = 2 | 3
export const BIG_COMPRESSED: CiphertextFormat = 2
export const BIG_EXPANDED: CiphertextFormat = 3

export interface FetchedCiphertext {
  readonly handle: Hex
  readonly bytes: Uint8Array
  readonly format: CiphertextFormat
}

/** What must hold on chain before any work is done for a request. */
export type AccessRule<P> =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'after'
      /** Requests that must have reached consensus on chain first; the v0.11 contract does not check this. A few. */
      readonly prerequisitesOf: (payload: P) => readonly RequestId[]
    }
  | { readonly kind: 'public-decryption' }
  | {
      readonly kind: 'user-decryption'
      /** Who will read the result; the delegate of a delegated request. */
      readonly userOf: (payload: P) => Address
    }

export type OperationGroup = 'decryption' | 'key-management'
/** Chains by role, never by number: at v0.14 key management moves to Ethereum. */
export type ChainRole = 'gateway'
export type ContractName = 'Decryption' | 'KMSGeneration'

export type AbiError = Extract<Abi[number], { type: 'error' }>

/** Errors of one response function, by what they mean to whoever sends the answer. */
export interface CallErrors {
  /** The chain holds our answer already: success. */
  readonly answered: readonly AbiError[]
  /** The request is not known, because the node lags or the chain was reorganised: worth another try. */
  readonly notYet: readonly AbiError[]
}

/** What the sender calls on chain for one answer. */
export interface ContractCall {
  readonly contract: ContractName
  readonly function: AbiFunction
  readonly args: readonly unknown[]
  /** Errors that only this function has; left out where the table of the deployed contracts knows them all. */
  readonly errors?: CallErrors
}

/**
 * One operation of the protocol, whole: its event, its message bodies, its call to KMS Core, the check of the answer and
 * the transaction. Every stage of the pipeline is generic over this description, so that a new operation is one file and
 * one row in the table of its protocol version. All functions are pure.
 */
export interface Operation<P = unknown, A = unknown> {
  /** Name in subjects, settings, metrics and logs. */
  readonly name: string
  /** Most significant byte of its ids; undefined where the event carries no id. */
  readonly idType: number | undefined
  readonly group: OperationGroup
  readonly chain: ChainRole
  readonly contract: ContractName
  readonly access: AccessRule<P>
  readonly event: AbiEvent
  /** What the request carries beyond its id. */
  readonly payload: z.ZodType<P>
  /** What the answer carries; undefined for fire-and-forget operations. */
  readonly answer: z.ZodType<A> | undefined
  /** @throws ConnectorError when an argument is out of the protocol's range */
  fromEvent(args: Readonly<Record<string, unknown>>): { readonly id: RequestId; readonly payload: P }
  ciphertexts(payload: P): readonly CiphertextRef[]
  readonly submit: SubmitMethod
  /** Undefined for fire-and-forget operations: an accepted submit is the end. */
  readonly poll: PollMethod | undefined
  /** Id that picks the Core shard: keygen follows the Core that did its preprocessing. */
  shardOf(id: RequestId, payload: P): RequestId
  /** Message of the submit RPC. */
  toCore(id: RequestId, payload: P, ciphertexts: readonly FetchedCiphertext[], domain: CoreDomain): CoreRequest
  /** @throws ConnectorError CORE_ANSWER_INVALID when the result does not fit the request */
  fromCore(id: RequestId, payload: P, result: unknown): A
  /** What KMS Core signed for this answer, to be recovered against the registered signer. */
  signed(id: RequestId, payload: P, answer: A): TypedData
  /** Signature bytes of the answer, 65 bytes r, s, v. */
  signature(answer: A): Hex
  call(id: RequestId, answer: A): ContractCall
}

/** Declares an operation and forgets its payload types, so that operations of all shapes fit one table. */
export function defineOperation<P, A>(operation: Operation<P, A>): Operation {
  // CAST: every stage passes an operation only the payloads and answers that its own schemas parsed.
  return operation as unknown as Operation
}
