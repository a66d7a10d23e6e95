import type { Hex, RequestId } from '@kms-connector/protocol'
import type { Faults } from './faults.ts'
import { DEV_KEY_ID } from './tfheKeys.ts'

export interface CoreOptions {
  /** Text from which all nodes of a network derive the same TFHE keys and digests. */
  readonly seed: string
  /** 32 bytes: the signer that contracts and users know this node by. */
  readonly signingKey: Hex
  /** 1 to `parties`; default 1. */
  readonly partyId?: number
  /** Nodes of the network; 1, the default, is a centralized Core, 4 and more emulate a threshold network. */
  readonly parties?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: a free port. */
  readonly port?: number
  /** Keys held at start; default {@link DEV_KEY_ID}. Key generation adds to them. */
  readonly keyIds?: readonly RequestId[]
  /** Time added to every computation in milliseconds; default 0. */
  readonly delayMs?: number
  /** Computations at a time; default 64. */
  readonly concurrency?: number
  /** How long a poll waits for a result in milliseconds; default 60000. */
  readonly longPollMs?: number
  /** Requests of one kind that are remembered; default 10000. */
  readonly capacity?: number
  /** Completed requests below which none is evicted; default 6000. */
  readonly minCompleted?: number
  /** Tokens of work in flight: 1 a decryption, 100 a CRS, 1000 a key, 25000 a preprocessing; default 50000. */
  readonly bucketSize?: number
  /** A node without its signing key refuses all work; default false. */
  readonly recoveryMode?: boolean
  /** Health is NOT_SERVING until `Init` succeeded, as on a threshold node; default false. */
  readonly notServingUntilInit?: boolean
  /**
   * A missing key burns the request id: known from then on, never answered. KMS Core v0.13 does this as a threshold
   * node; default false.
   */
  readonly missingKeyBurnsId?: boolean
  readonly faults?: Faults
  /** PEM texts: serves TLS, to holders of a certificate by `clientCa` only; plaintext without it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa: string } | undefined
  /** Told the true reason behind every redacted error. */
  readonly onFailure?: (requestId: string, metric: string, reason: string) => void
}

export type CoreSettings = Required<CoreOptions>

/** @throws RangeError when party, parties or a limit make no sense */
export function coreSettings(options: CoreOptions): CoreSettings {
  const settings: CoreSettings = {
    partyId: 1,
    parties: 1,
    host: '127.0.0.1',
    port: 0,
    keyIds: [DEV_KEY_ID],
    delayMs: 0,
    concurrency: 64,
    longPollMs: 60_000,
    capacity: 10_000,
    minCompleted: 6_000,
    bucketSize: 50_000,
    recoveryMode: false,
    notServingUntilInit: false,
    missingKeyBurnsId: false,
    faults: {},
    tls: undefined,
    onFailure: () => {},
    ...options,
  }
  const { parties, partyId, concurrency, capacity } = settings
  if (parties !== 1 && parties < 4) throw new RangeError(`a threshold network has at least 4 parties, not ${parties}`)
  if (partyId < 1 || partyId > parties) throw new RangeError(`party ${partyId} is not among ${parties}`)
  if (concurrency < 1 || capacity < 1) throw new RangeError('concurrency and capacity are at least 1')
  return settings
}
