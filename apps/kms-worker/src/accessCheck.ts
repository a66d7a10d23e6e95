import { fetchUserDecryptionCalldata, type HostAcl, type KmsGeneration, type RpcReader } from '@kms-connector/gateway'
import { type Address, ConnectorError, type Request, type RequestId } from '@kms-connector/protocol'
import {
  type AccessQuestion,
  denial,
  handlesOf,
  publicDecryptionQuestions,
  userDecryptionQuestions,
} from './accessQuestions.ts'
import type { HostChain, HostChains } from './hostChains.ts'

export interface AccessCheckOptions {
  /** Endpoints of the Gateway, for the calldata of user decryptions. */
  readonly gateway: RpcReader
  /** Address of the Decryption contract. */
  readonly decryption: Address
  readonly keyGeneration: KmsGeneration
  readonly hostChains: HostChains
  /** Questions of one request under way at once: a request with a thousand handles must not hold the others up. */
  readonly questionsAtOnce: number
}

/**
 * Asks the chains whether a request may be served. Questions of requests that are checked together travel as one JSON-RPC
 * batch per chain.
 */
export class AccessCheck {
  readonly #options: AccessCheckOptions

  constructor(options: AccessCheckOptions) {
    this.#options = options
  }

  /**
   * @throws ConnectorError ACL_DENIED, HOST_CHAIN_UNKNOWN, HANDLE_MALFORMED, CALLDATA_*, PREREQUISITE_PENDING, or the
   *   fault of an RPC endpoint
   */
  async expectAllowed(request: Request): Promise<void> {
    const questions = (await this.#questionsFor(request)).map(question => ({
      question,
      chain: this.#options.hostChains.get(question.chainId),
    }))
    const { questionsAtOnce: size } = this.#options
    for (let at = 0; at < questions.length; at += size) await Promise.all(questions.slice(at, at + size).map(expectYes))
  }

  async #questionsFor({ operation, payload, origin }: Request): Promise<AccessQuestion[]> {
    const { gateway, decryption } = this.#options
    const { access } = operation
    switch (access.kind) {
      case 'none':
        return []
      case 'after':
        await Promise.all(access.prerequisitesOf(payload).map(id => this.#expectConsensus(id)))
        return []
      case 'public-decryption':
        return publicDecryptionQuestions(handlesOf(operation, payload))
      case 'user-decryption': {
        const calldata = await fetchUserDecryptionCalldata(gateway, decryption, origin.transactionHash)
        return userDecryptionQuestions(handlesOf(operation, payload), access.userOf(payload), calldata)
      }
    }
  }

  async #expectConsensus(prerequisite: RequestId): Promise<void> {
    if (await this.#options.keyGeneration.hasConsensus(prerequisite)) return
    throw new ConnectorError('PREREQUISITE_PENDING', `${prerequisite} has no consensus yet`, { prerequisite })
  }
}

interface Asked {
  readonly question: AccessQuestion
  readonly chain: HostChain
}

async function expectYes({ question, chain: { acl, limit } }: Asked): Promise<void> {
  if (!(await limit.run(() => ask(acl, question)))) throw denial(question)
}

function ask(acl: HostAcl, question: AccessQuestion): Promise<boolean> {
  switch (question.ask) {
    case 'public':
      return acl.isAllowedForDecryption(question.handle)
    case 'allowed':
      return acl.isAllowed(question.handle, question.account)
    case 'delegated':
      return acl.isDelegated(question.delegator, question.delegate, question.contract, question.handle)
  }
}
