/** One transaction of the wallet that is mined. */
export interface WalletTransaction {
  readonly nonce: number
  readonly hash: string
  readonly succeeded: boolean
  /** Id that it answers: the first argument of every answer, as 64 hex digits; empty when it calls nothing. */
  readonly id: string
}

/** A message on a stream or in a bucket. */
export interface StoredMessage {
  readonly subject: string
  readonly seq: number
  /** Parsed body; undefined when it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** Everything that the checker looks at, as plain facts: read from chain, streams and buckets, none of it by the product. */
export interface Observed {
  /** Requests whose placing was confirmed. */
  readonly placed: readonly string[]
  readonly chain: {
    readonly head: number
    /** Requests that the chain emitted: id and block. */
    readonly requests: readonly { readonly id: string; readonly block: number }[]
    /** Ids of accepted answers of the wallet, one entry for each. */
    readonly answers: readonly string[]
    /** Ids that reached their consensus, one entry for each time. */
    readonly consensus: readonly string[]
    /** What is wrong with the plaintexts of an id. */
    readonly plaintextFaults: readonly { readonly id: string; readonly text: string }[]
    readonly transactions: readonly WalletTransaction[]
    /** Next nonce by blocks, and by blocks and pool. */
    readonly nonces: { readonly latest: number; readonly pending: number }
  }
  readonly streams: {
    readonly requests: readonly StoredMessage[]
    readonly responses: readonly StoredMessage[]
    readonly outcomes: readonly StoredMessage[]
    readonly deadLetters: readonly StoredMessage[]
    /** Creation time of RESPONSES, as the server tells it. */
    readonly responsesCreated: string
  }
  readonly buckets: {
    /** Keys that are there, with their values. */
    readonly slots: readonly StoredMessage[]
    readonly cursors: readonly StoredMessage[]
    readonly sender: readonly StoredMessage[]
  }
}

/** @returns the last part of a subject that is 64 hex digits; undefined when there is none */
export function idIn(subject: string): string | undefined {
  return subject.split('.').findLast(part => /^[0-9a-f]{64}$/.test(part))
}
