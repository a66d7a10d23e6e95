import type { Faults } from '../core/index.ts'
import type { S3FaultHook } from '../s3/index.ts'
import { MAX_NODES } from './accounts.ts'

/** `KMS_CONNECTOR_*` variables without the prefix. */
export type Variables = Readonly<Record<string, string>>

export interface DevnetOptions {
  /** Nodes of the KMS network, each with a Core, a wallet, a broker and a connector of its own: 1 (default), or 4 to 20. */
  readonly nodes?: number
  /** Workers of each connector; default 2. */
  readonly workers?: number
  /** Seconds between blocks of the Gateway; default 0.25. */
  readonly blockTimeSeconds?: number
  /**
   * NATS and the Cores take TLS with client certificates only, every service has a key of its own at NATS that may do
   * what it must and nothing else, and none of them may create streams.
   */
  readonly secure?: boolean
  /** Where logs and streams are kept; left out: a temporary directory that stop() removes. */
  readonly dir?: string
  /** Settings of the services that differ from those of the devnet. */
  readonly listener?: Variables
  readonly worker?: Variables
  readonly sender?: Variables
  /** Given: the Cores run inside this process and misbehave as told. Otherwise each is a process of its own. */
  readonly coreFaults?: Faults
  /** The Cores hold no key until one is generated on chain; they hold one from the start when left out. */
  readonly withoutKeys?: boolean
  /** Milliseconds added to every computation of a Core. */
  readonly coreDelayMs?: number
  readonly s3Faults?: S3FaultHook
  /** What the services are told instead of the address of the Gateway node, such as that of a proxy in front of it. */
  readonly gatewayUrl?: (rpcUrl: string) => string
  /** Told what is being started. */
  readonly onStep?: (text: string) => void
  /** Gives up a start. */
  readonly signal?: AbortSignal
}

/** How many dishonest nodes a network tolerates, and how many answers make a consensus. */
export interface Thresholds {
  readonly mpc: number
  readonly publicDecryption: number
  readonly userDecryption: number
  readonly kmsGen: number
}

/** A threshold network of n = 3t + 1 nodes tolerates t; 2t + 1 answers are enough for a client to put a result together. */
export function thresholdsOf(nodes: number): Thresholds {
  const mpc = Math.floor((nodes - 1) / 3)
  const consensus = 2 * mpc + 1
  return { mpc, publicDecryption: consensus, userDecryption: consensus, kmsGen: consensus }
}

/** @throws RangeError for a network that cannot exist */
export function nodeCount({ nodes = 1 }: DevnetOptions): number {
  const fits = nodes === 1 || (nodes >= 4 && nodes <= MAX_NODES)
  if (!Number.isInteger(nodes) || !fits)
    throw new RangeError(`a network has 1 or 4 to ${MAX_NODES} nodes, not ${nodes}`)
  return nodes
}
