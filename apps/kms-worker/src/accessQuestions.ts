import type { UserDecryptionCalldata } from '@kms-connector/gateway'
import { type Address, ConnectorError, type Hex, type Operation, parseHandle } from '@kms-connector/protocol'

/** One question to the ACL of a host chain; the request is allowed when every answer is yes. */
export type AccessQuestion = { readonly chainId: bigint; readonly handle: Hex } & (
  | { readonly ask: 'public' }
  | { readonly ask: 'allowed'; readonly account: Address }
  | { readonly ask: 'delegated'; readonly delegator: Address; readonly delegate: Address; readonly contract: Address }
)

/**
 * What the host chain must confirm before a public decryption: every handle is allowed for decryption.
 * @throws ConnectorError HANDLE_MALFORMED
 */
export function publicDecryptionQuestions(handles: readonly Hex[]): AccessQuestion[] {
  return handles.map(handle => ({ chainId: parseHandle(handle).chainId, handle, ask: 'public' }))
}

/**
 * What the host chain must confirm before a user decryption (protocol v0.11). Direct: user and contract may use the
 * handle. Delegated: the delegator delegated this handle in this contract to the user, and delegator and contract may
 * use the handle.
 * @param user reader of the result; the delegate of a delegated request
 * @throws ConnectorError HANDLE_MALFORMED; CALLDATA_UNDECODABLE when the calldata does not name the contract of a handle
 */
export function userDecryptionQuestions(
  handles: readonly Hex[],
  user: Address,
  calldata: UserDecryptionCalldata,
): AccessQuestion[] {
  const { delegator } = calldata
  return handles.flatMap(handle => {
    const { chainId } = parseHandle(handle)
    const contracts = calldata.contractsOf.get(handle)
    if (!contracts) {
      throw new ConnectorError('CALLDATA_UNDECODABLE', `the calldata names no contract for ${handle}`, { handle })
    }
    const allowed = (account: Address): AccessQuestion => ({ chainId, handle, ask: 'allowed', account })
    if (!delegator) return [allowed(user), ...contracts.map(allowed)]
    const delegations = contracts.map(
      (contract): AccessQuestion => ({ chainId, handle, ask: 'delegated', delegator, delegate: user, contract }),
    )
    return [...delegations, allowed(delegator), ...contracts.map(allowed)]
  })
}

/** The fault for a question that was answered with no; the host chain may only lag, so it is worth another try. */
export function denial(question: AccessQuestion): ConnectorError {
  const { chainId, handle } = question
  return new ConnectorError('ACL_DENIED', `${textOf(question)} on host chain ${chainId}`, {
    handle,
    chainId: String(chainId),
  })
}

function textOf(question: AccessQuestion): string {
  switch (question.ask) {
    case 'public':
      return `${question.handle} is not allowed for public decryption`
    case 'allowed':
      return `${question.account} may not use ${question.handle}`
    case 'delegated':
      return `${question.delegator} did not delegate ${question.handle} in ${question.contract} to ${question.delegate}`
  }
}

/** @returns the handles that an operation works on */
export function handlesOf(operation: Operation, payload: unknown): Hex[] {
  return operation.ciphertexts(payload).map(c => c.handle)
}
