import { type Address, ConnectorError, type Hex } from '@kms-connector/protocol'
import { decodeFunctionData, parseAbi } from 'viem/utils'
import { isRecord, readHex } from './nodeValue.ts'
import type { RpcReader } from './rpcReader.ts'

/** Request functions of the v0.11 Decryption contract: selectors 0xf1b57adb and 0x9fad5a2f. */
const abi = parseAbi([
  'struct CtHandleContractPair { bytes32 ctHandle; address contractAddress; }',
  'struct RequestValidity { uint256 startTimestamp; uint256 durationDays; }',
  'struct ContractsInfo { uint256 chainId; address[] addresses; }',
  'struct DelegationAccounts { address delegatorAddress; address delegateAddress; }',
  'function userDecryptionRequest(CtHandleContractPair[] ctHandleContractPairs, RequestValidity requestValidity, ContractsInfo contractsInfo, address userAddress, bytes publicKey, bytes signature, bytes extraData)',
  'function delegatedUserDecryptionRequest(CtHandleContractPair[] ctHandleContractPairs, RequestValidity requestValidity, DelegationAccounts delegationAccounts, ContractsInfo contractsInfo, bytes publicKey, bytes signature, bytes extraData)',
])

/** Twice what nodes accept as a transaction; a request of 1024 handles has about 70 KiB. */
export const MAX_CALLDATA_BYTES = 256 * 1024

/** What only the calldata of a user decryption request says: the contracts of each handle, and who delegates. */
export interface UserDecryptionCalldata {
  /** The contracts accept the same handle under several contracts; each of them must have the right to it. */
  readonly contractsOf: ReadonlyMap<Hex, readonly Address[]>
  /** Present for a delegated request only. */
  readonly delegator: Address | undefined
}

interface Pair {
  readonly ctHandle: Hex
  readonly contractAddress: Address
}

/**
 * Reads the calldata of the transaction that emitted a user decryption request.
 * @throws ConnectorError CALLDATA_MISSING, CALLDATA_FOREIGN or CALLDATA_UNDECODABLE; RPC faults as they are
 */
export function fetchUserDecryptionCalldata(
  reader: RpcReader,
  decryption: Address,
  transactionHash: Hex,
): Promise<UserDecryptionCalldata> {
  const method = 'eth_getTransactionByHash'
  return reader.read(async rpc => {
    const result = await rpc.call(method, [transactionHash])
    if (result === null) {
      const detail = `${transactionHash} is not known to the Gateway`
      throw new ConnectorError('CALLDATA_MISSING', detail, { transactionHash })
    }
    if (!isRecord(result) || readHex(result['hash'], 32) !== transactionHash) throw rpc.nonsense(method, result)
    const input = readHex(result['input'])
    const to = result['to'] === null ? null : readHex(result['to'], 20)
    if (input === undefined || to === undefined) throw rpc.nonsense(method, result)
    return decodeUserDecryptionCalldata(decryption, to, input)
  })
}

/**
 * @param to receiver of the transaction; only calldata sent to the Decryption contract itself proves anything
 * @throws ConnectorError CALLDATA_FOREIGN or CALLDATA_UNDECODABLE
 */
export function decodeUserDecryptionCalldata(
  decryption: Address,
  to: string | null,
  input: Hex,
): UserDecryptionCalldata {
  if (to?.toLowerCase() !== decryption.toLowerCase()) {
    throw new ConnectorError(
      'CALLDATA_FOREIGN',
      `the request was sent to ${to?.slice(0, 80) ?? 'a contract creation'}, not to ${decryption}`,
    )
  }
  const { functionName, args } = decode(input)
  const contractsOf = contractsByHandle(args[0] as readonly Pair[]) // CAST: decoded with the ABI above
  if (functionName === 'userDecryptionRequest') return { contractsOf, delegator: undefined }
  const { delegatorAddress } = args[2] as { readonly delegatorAddress: Address } // CAST: decoded with the ABI above
  return { contractsOf, delegator: lower(delegatorAddress) }
}

function contractsByHandle(pairs: readonly Pair[]): ReadonlyMap<Hex, readonly Address[]> {
  const contractsOf = new Map<Hex, Address[]>()
  for (const { ctHandle, contractAddress } of pairs) {
    const handle = lower(ctHandle)
    const contract = lower(contractAddress)
    const known = contractsOf.get(handle)
    if (!known) contractsOf.set(handle, [contract])
    else if (!known.includes(contract)) known.push(contract)
  }
  return contractsOf
}

function decode(input: Hex): { functionName: string; args: readonly unknown[] } {
  const bytes = input.length / 2 - 1
  if (bytes > MAX_CALLDATA_BYTES) {
    throw new ConnectorError('CALLDATA_UNDECODABLE', `${bytes} bytes of calldata, at most ${MAX_CALLDATA_BYTES}`)
  }
  try {
    const { functionName, args } = decodeFunctionData({ abi, data: input })
    return { functionName, args }
  } catch (cause) {
    const selector = input.slice(0, 10)
    throw new ConnectorError('CALLDATA_UNDECODABLE', `calldata with selector ${selector}`, { selector }, cause)
  }
}

function lower(hex: Hex): Hex {
  return hex.toLowerCase() as Hex // CAST: lower case keeps the 0x prefix
}
