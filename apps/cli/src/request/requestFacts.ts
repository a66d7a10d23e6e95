import type { RequestId } from '@kms-connector/protocol'
import type { Facts } from '@kms-connector/request-status'

/** A log of the Gateway that names the request. */
export interface ChainEvent {
  /** Name of the event, or its topic when this build does not know it. */
  readonly name: string
  readonly blockNumber: number
  readonly transactionHash: string
  /** Wallet that sent the transaction, in lower case. */
  readonly sender: string | undefined
  /** Milliseconds since the epoch. */
  readonly at: number | undefined
}

export interface ChainFacts {
  /** Endpoint that was asked. */
  readonly endpoint: string
  readonly head: number
  /** How old the head is by its own time, milliseconds. */
  readonly headAgeMs: number
  /** Blocks that another endpoint of the settings is ahead. */
  readonly behindPeers: number
  /** Highest block that is final enough for the listener. */
  readonly finalHead: number | undefined
  /** Where the request is on chain; undefined when it was not found. */
  readonly requestBlock: number | undefined
  /** Blocks in which it was looked for, when nothing on the streams tells where it is. */
  readonly searchedBlocks: number
  readonly events: readonly ChainEvent[]
}

export interface BrokerFacts {
  readonly stored: Facts
  /** Streams of this request that refuse messages because they are full, with their size. */
  readonly full: readonly { readonly stream: string; readonly bytes: number; readonly limit: number }[]
  /** Pull requests of workers that wait for messages of this operation. */
  readonly waitingWorkers: number | undefined
  /** Last block that the listener has published for this operation. */
  readonly cursor: { readonly block: number; readonly at: number } | undefined
}

export interface SenderFacts {
  /** Answers behind the checkpoint of the sender, this one included. */
  readonly ahead: number | undefined
  /** Who may send; `nobody` when the lease is free, undefined when this topology knows no lease. */
  readonly leader: 'nobody' | { readonly host: string; readonly pid: number; readonly since: number } | undefined
  /** Consumers that read the stream of answers: a sender that works has one. */
  readonly readers: number
}

export interface WalletFacts {
  readonly address: string
  readonly balance: bigint
  /** What one answer costs at most at the gas price of now, wei. */
  readonly answerCost: bigint
  /** Next nonce of the chain. */
  readonly latestNonce: number
  /** Whether GatewayConfig knows the wallet as one that may answer; undefined when its address is not in the settings. */
  readonly registered: boolean | undefined
  /** The wallet in the settings of the workers, where it is not registered. */
  readonly unregisteredNode: string | undefined
}

/** A fault that a worker would meet now. */
export interface Obstacle {
  readonly code: string
  readonly detail: string
}

/** Whether an endpoint kept us from seeing what a worker would meet: that may be in our way only, and hides the rest. */
export function isBlind({ code }: Obstacle): boolean {
  return code.startsWith('RPC_')
}

/** What a worker would meet if it took the request now; undefined where that was not looked at. */
export interface WorkFacts {
  readonly access: Obstacle | 'allowed' | undefined
  readonly ciphertexts: Obstacle | 'found' | undefined
  readonly core: Obstacle | 'serving' | undefined
}

/**
 * Everything that can be read about one request without changing anything. What could not be read is undefined, and
 * `gaps` says why in one line each.
 */
export interface RequestFacts {
  readonly id: RequestId
  readonly operation: string
  readonly group: 'decryption' | 'key-management'
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly broker: BrokerFacts | undefined
  readonly chain: ChainFacts | undefined
  readonly work: WorkFacts
  readonly sender: SenderFacts | undefined
  readonly wallet: WalletFacts | undefined
  readonly gaps: readonly string[]
}
