import type { AbiError, CallErrors, ErrorCode } from '@kms-connector/protocol'
import { decodeAbiParameters, parseAbi, toFunctionSelector } from 'viem/utils'

/** Errors of the v0.11 response functions (Decryption, KMSGeneration and the ECDSA library they use). */
const abi = parseAbi([
  'error NotKmsTxSender(address txSenderAddress)',
  'error DecryptionNotRequested(uint256 decryptionId)',
  'error PrepKeygenNotRequested(uint256 prepKeygenId)',
  'error KeygenNotRequested(uint256 keyId)',
  'error CrsgenNotRequested(uint256 crsId)',
  'error EmptyKeyDigests(uint256 keyId)',
  'error ECDSAInvalidSignatureLength(uint256 length)',
  'error ECDSAInvalidSignatureS(bytes32 s)',
  'error ECDSAInvalidSignature()',
  'error NotKmsSigner(address signerAddress)',
  'error KmsSignerDoesNotMatchTxSender(address signerAddress, address txSenderAddress)',
  'error KmsNodeAlreadySigned(uint256 decryptionId, address signer)',
  'error KmsAlreadySignedForPrepKeygen(uint256 prepKeygenId, address kmsSigner)',
  'error KmsAlreadySignedForKeygen(uint256 keyId, address kmsSigner)',
  'error KmsAlreadySignedForCrsgen(uint256 crsId, address kmsSigner)',
  'error EnforcedPause()',
])

export type RevertMeaning =
  /** The chain holds our answer already: success. */
  | { readonly kind: 'answered'; readonly error: string }
  /** Our RPC node lags or the chain was reorganised: try again, then give up. */
  | { readonly kind: 'not-yet'; readonly error: string }
  /** Every answer would fail the same way until an operator acts. */
  | { readonly kind: 'park'; readonly error: string; readonly code: ErrorCode }
  /** This answer can never be accepted. */
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string }

const MEANINGS: Readonly<Record<string, (error: string) => RevertMeaning>> = {
  KmsNodeAlreadySigned: error => ({ kind: 'answered', error }),
  KmsAlreadySignedForPrepKeygen: error => ({ kind: 'answered', error }),
  KmsAlreadySignedForKeygen: error => ({ kind: 'answered', error }),
  KmsAlreadySignedForCrsgen: error => ({ kind: 'answered', error }),
  DecryptionNotRequested: error => ({ kind: 'not-yet', error }),
  PrepKeygenNotRequested: error => ({ kind: 'not-yet', error }),
  KeygenNotRequested: error => ({ kind: 'not-yet', error }),
  CrsgenNotRequested: error => ({ kind: 'not-yet', error }),
  EnforcedPause: error => ({ kind: 'not-yet', error }),
  NotKmsTxSender: error => ({ kind: 'park', error, code: 'WALLET_NOT_REGISTERED' }),
  KmsSignerDoesNotMatchTxSender: error => ({ kind: 'park', error, code: 'SIGNER_NOT_REGISTERED' }),
  // The worker verified this very signature against the registered signer, so the registry changed meanwhile.
  NotKmsSigner: error => ({ kind: 'park', error, code: 'SIGNER_NOT_REGISTERED' }),
  EmptyKeyDigests: error => ({ kind: 'refused', error }),
  ECDSAInvalidSignatureLength: error => ({ kind: 'refused', error }),
  ECDSAInvalidSignatureS: error => ({ kind: 'refused', error }),
  ECDSAInvalidSignature: error => ({ kind: 'refused', error }),
}

/** Selectors are hashed once, not at every revert. */
const errorOf: ReadonlyMap<string, AbiError> = new Map(
  [...abi, ...parseAbi(['error Error(string message)', 'error Panic(uint256 code)'])].map(error => [
    selectorOf(error),
    error,
  ]),
)

function selectorOf({ name, inputs }: AbiError): string {
  return toFunctionSelector({ type: 'function', name, inputs, outputs: [], stateMutability: 'view' })
}

/** Longer revert data is not decoded: errors of these contracts have two words at most. */
const MAX_DATA_CHARS = 2 * 4096
const MAX_TEXT_CHARS = 300

/**
 * What the revert data of a response function means for the sender (Gateway contracts v0.11).
 * @param data revert data as nodes send it with `eth_estimateGas` and `eth_call`; undefined when there was none
 * @param own errors that only the called function has; the table above comes first
 */
export function revertMeaning(data: string | undefined, own?: CallErrors): RevertMeaning {
  if (data === undefined || data === '' || data === '0x') return { kind: 'unknown', error: 'reverted without data' }
  const selector = data.slice(0, 10).toLowerCase()
  const isIt = (error: AbiError) => selectorOf(error) === selector
  const error = errorOf.get(selector) ?? own?.answered.find(isIt) ?? own?.notYet.find(isIt)
  const args = error && argumentsOf(error, data)
  if (!error || !args) return { kind: 'unknown', error: `reverted with ${data.slice(0, 74)}` }
  const text = `${error.name}(${args.map(String).join(', ')})`.slice(0, MAX_TEXT_CHARS)
  if (own?.answered.includes(error)) return { kind: 'answered', error: text }
  if (own?.notYet.includes(error)) return { kind: 'not-yet', error: text }
  return MEANINGS[error.name]?.(text) ?? { kind: 'unknown', error: text }
}

/** @returns undefined when the data does not fit the error: then it proves nothing */
function argumentsOf({ inputs }: AbiError, data: string): readonly unknown[] | undefined {
  if (inputs.length === 0) return []
  if (data.length > MAX_DATA_CHARS) return undefined
  try {
    return decodeAbiParameters(inputs, `0x${data.slice(10)}`)
  } catch {
    return undefined
  }
}
