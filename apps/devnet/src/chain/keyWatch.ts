import { type Address, type Hex, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { type Hash, parseEventLogs } from 'viem'
import { keyGenerationAbi } from './abi.ts'
import { LogReader, type LogReaderOptions } from './logReader.ts'

/** The accepted answer of one node. */
export interface KeyVote {
  readonly id: RequestId
  readonly transactionHash: Hash
  readonly kmsTxSender: Address
}

/** Enough nodes gave the same answer. */
export interface KeyConsensus {
  readonly id: RequestId
  readonly transactionHash: Hash
  /** Name of the event that says so. */
  readonly event: string
  /** Key whose generation may begin; announced when its preprocessing is agreed. */
  readonly keyId: RequestId | undefined
  /** Of an activated key, in the order that was signed, or of an activated CRS; none for preprocessing. */
  readonly digests: readonly Hex[]
}

/** Collects what KMSGeneration accepted. Everything is kept, so that duplicates show. */
export class KeyWatch {
  readonly votes = new Map<RequestId, KeyVote[]>()
  readonly consensus = new Map<RequestId, KeyConsensus[]>()
  readonly #reader: LogReader

  constructor(options: LogReaderOptions) {
    this.#reader = new LogReader(options)
  }

  /** Reads everything up to the head. @throws viem's error when the chain does not answer; nothing is skipped then. */
  async poll(): Promise<void> {
    await this.#reader.read(logs => {
      for (const log of parseEventLogs({ abi: keyGenerationAbi, logs })) this.#take(log)
    })
  }

  #take(log: KeyGenerationLog): void {
    if (log.eventName === 'PrepKeygenResponse') this.#vote(log, log.args.prepKeygenId, log.args.kmsTxSender)
    else if (log.eventName === 'KeygenResponse') this.#vote(log, log.args.keyId, log.args.kmsTxSender)
    else if (log.eventName === 'CrsgenResponse') this.#vote(log, log.args.crsId, log.args.kmsTxSender)
    else if (log.eventName === 'KeygenRequest') {
      const { prepKeygenId, keyId } = log.args
      this.#agree(log, prepKeygenId, [], requestIdOf(keyId))
    } else if (log.eventName === 'ActivateKey') {
      const digests = log.args.keyDigests.map(({ digest }) => digest)
      this.#agree(log, log.args.keyId, digests)
    } else if (log.eventName === 'ActivateCrs') this.#agree(log, log.args.crsId, [log.args.crsDigest])
  }

  #vote({ transactionHash }: KeyGenerationLog, id: bigint, sender: Address): void {
    const kmsTxSender = sender.toLowerCase() as Address // CAST: lower case keeps the 0x
    append(this.votes, { id: requestIdOf(id), transactionHash, kmsTxSender })
  }

  #agree(log: KeyGenerationLog, id: bigint, digests: readonly Hex[], keyId?: RequestId): void {
    const { transactionHash, eventName } = log
    append(this.consensus, { id: requestIdOf(id), transactionHash, event: eventName, digests, keyId })
  }
}

type KeyGenerationLog = ReturnType<typeof parseEventLogs<typeof keyGenerationAbi>>[number]

function append<T extends { readonly id: RequestId }>(map: Map<RequestId, T[]>, entry: T): void {
  const known = map.get(entry.id)
  if (known) known.push(entry)
  else map.set(entry.id, [entry])
}
