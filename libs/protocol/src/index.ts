export { addressOfPublicKey, checksumAddress } from './address.ts'
export { isLinkLocalAddress, isLinkLocalHost, isPrivateAddress, isPrivateHost } from './addressRules.ts'
export { BODY_VERSION, decodeBody, encodeBody } from './body.ts'
export { ConnectorError, type ErrorFacts, toConnectorError } from './connectorError.ts'
export { type ContractDomain, toCoreDomain } from './contractDomain.ts'
export type { CoreDomain, CoreRequest, PollMethod, SubmitMethod } from './coreCall.ts'
export type { RecoverableSignature } from './curve/curve.ts'
export { CURVE_ORDER, secp256k1 } from './curve/secp256k1.ts'
export { type CorePlaintext, encodeDecryptedResult } from './decryptedResult.ts'
export { type Disposition, ERROR_GROUPS, ERRORS, type ErrorCode } from './errorCodes.ts'
export { FHE_TYPES, type FheType } from './fheType.ts'
export { guardedLookup } from './guardedLookup.ts'
export { type HandleParts, parseHandle } from './handle.ts'
export {
  type Address,
  addressSchema,
  bytesOf,
  type Hex,
  hex32Schema,
  hexOf,
  hexSchema,
  readHexBytes,
  uintBytes,
  uintSchema,
} from './hex.ts'
export { identify, operationOf } from './identify.ts'
export { parseJsonWithin } from './jsonDepth.ts'
export { keccak256 } from './keccak.ts'
export { onAbort } from './onAbort.ts'
export {
  type AbiError,
  type AccessRule,
  BIG_COMPRESSED,
  BIG_EXPANDED,
  type CallErrors,
  type ChainRole,
  type CiphertextFormat,
  type CiphertextRef,
  type ContractCall,
  type ContractName,
  defineOperation,
  type FetchedCiphertext,
  type Operation,
  type OperationGroup,
} from './operation.ts'
export { OperationTable } from './operationTable.ts'
export { type Origin, originSchema } from './origin.ts'
export { decodeOutcome, encodeOutcome, type Outcome } from './outcome.ts'
export { decodeRequest, encodeRequest, type Request } from './request.ts'
export {
  isRequestId,
  PRSS_INIT_ID,
  parseRequestId,
  type RequestId,
  requestIdOf,
  requestIdSerial,
  requestIdType,
  requestIdValue,
} from './requestId.ts'
export { decodeResponse, encodeResponse, type Response } from './response.ts'
export type { TypedData, TypedDataField } from './typedData.ts'
export { typedDataDigest } from './typedDataDigest.ts'
export {
  encodeUserDecryptedShare,
  type SigncryptedCiphertext,
  type UserDecryptionPayload,
} from './userDecryptedShare.ts'
export { OPERATIONS_V0_11 } from './v0_11/operations.ts'
export { done, type Verdict, verdictOf } from './verdict.ts'
