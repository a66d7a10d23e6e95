import { type Address, ConnectorError, type Hex, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import { type Hash, parseEventLogs } from 'viem'
import { decryptionAbi } from './abi.ts'
import { LogReader } from './logReader.ts'

interface OnChain {
  readonly id: RequestId
  readonly transactionHash: Hash
  readonly blockNumber: bigint
}

/** One accepted answer of one node to a public decryption. */
export interface PublicVote extends OnChain {
  readonly decryptedResult: Hex
  readonly kmsTxSender: Address
}

/** The result on which a public decryption reached its consensus. */
export interface PublicAnswer extends OnChain {
  readonly decryptedResult: Hex
  readonly signatures: readonly Hex[]
  readonly extraData: Hex
}

/** One accepted share of a user decryption. */
export interface UserShare extends OnChain {
  /** 0, 1, 2 ... in order of arrival. */
  readonly indexShare: number
  readonly userDecryptedShare: Hex
  readonly signature: Hex
  readonly extraData: Hex
}

export interface AnswerWatchOptions {
  readonly rpcUrl: string
  readonly decryption: Address
  /** First block to read. */
  readonly fromBlock: bigint
}

/** Collects the answers that the Decryption contract accepted. Everything is kept, so that duplicates show. */
export class AnswerWatch {
  readonly publicVotes = new Map<RequestId, PublicVote[]>()
  readonly publicAnswers = new Map<RequestId, PublicAnswer[]>()
  readonly userShares = new Map<RequestId, UserShare[]>()
  /** User decryptions that have as many shares as the threshold asks for. */
  readonly userComplete = new Set<RequestId>()
  readonly #reader: LogReader

  constructor({ decryption, ...options }: AnswerWatchOptions) {
    this.#reader = new LogReader({ ...options, contract: decryption })
  }

  /** Reads everything up to the head. @throws viem's error when the chain does not answer; nothing is skipped then. */
  async poll(): Promise<void> {
    await this.#reader.read(logs => {
      for (const log of parseEventLogs({ abi: decryptionAbi, logs })) this.#take(log)
    })
  }

  /** A public decryption with a consensus, or a user decryption with enough shares. */
  isAnswered(id: RequestId): boolean {
    return this.publicAnswers.has(id) || this.userComplete.has(id)
  }

  /**
   * Polls until all ids are answered.
   * @param timeoutMs deadline for all of them together
   * @param onProgress told how many are answered, after every poll that changed it
   * @throws ConnectorError DEVNET_TIMEOUT naming how many are missing; the reason of the signal when aborted
   */
  async until(
    ids: readonly RequestId[],
    options: { readonly timeoutMs: number; readonly pollMs?: number; readonly signal?: AbortSignal },
    onProgress: (answered: number) => void = () => {},
  ): Promise<void> {
    const { timeoutMs, pollMs = 200, signal } = options
    const deadline = performance.now() + timeoutMs
    for (let before = -1; ; ) {
      await this.poll()
      const missing = ids.filter(id => !this.isAnswered(id))
      const answered = ids.length - missing.length
      if (answered !== before) onProgress(answered)
      before = answered
      if (missing.length === 0) return
      if (performance.now() > deadline) {
        const text = `${missing.length} of ${ids.length} requests unanswered after ${timeoutMs} ms, first ${missing[0]}`
        throw new ConnectorError('DEVNET_TIMEOUT', text)
      }
      await sleep(pollMs, signal)
    }
  }

  #take(log: DecryptionLog): void {
    const where = {
      id: requestIdOf(log.args.decryptionId),
      transactionHash: log.transactionHash,
      blockNumber: log.blockNumber,
    }
    if (log.eventName === 'PublicDecryptionResponseCall') {
      const { decryptedResult, kmsTxSender } = log.args
      // CAST: lower case keeps the 0x
      append(this.publicVotes, { ...where, decryptedResult, kmsTxSender: kmsTxSender.toLowerCase() as Address })
    } else if (log.eventName === 'PublicDecryptionResponse') {
      const { decryptedResult, signatures, extraData } = log.args
      append(this.publicAnswers, { ...where, decryptedResult, signatures, extraData })
    } else if (log.eventName === 'UserDecryptionResponse') {
      const { indexShare, userDecryptedShare, signature, extraData } = log.args
      append(this.userShares, { ...where, indexShare: Number(indexShare), userDecryptedShare, signature, extraData })
    } else if (log.eventName === 'UserDecryptionResponseThresholdReached') {
      this.userComplete.add(where.id)
    }
  }
}

type DecryptionLog = ReturnType<typeof parseEventLogs<typeof decryptionAbi>>[number]

function append<T extends OnChain>(map: Map<RequestId, T[]>, entry: T): void {
  const known = map.get(entry.id)
  if (known) known.push(entry)
  else map.set(entry.id, [entry])
}
