import { ConnectorError } from '@kms-connector/protocol'

/** What the connected server can do. Old servers accept and ignore what they do not know, so nothing is found by trying. */
export interface BrokerFeatures {
  readonly version: string
  /** Acknowledged messages can be forced to disk (`sync_interval: always`, nats-server 2.10). */
  readonly syncAlways: boolean
  /** A new leader answers only after it has caught up: compare-and-set holds with replicas (nats-server 2.11). */
  readonly consistentReplicas: boolean
}

/** Oldest nats-server with every JetStream rule this connector relies on. */
export const OLDEST_SERVER = '2.9.10'

/**
 * @param version as the server reports it, such as "2.10.27" or "2.12.0-beta.1"
 * @throws ConnectorError BROKER_FEATURE_MISSING for a server older than {@link OLDEST_SERVER} or an unreadable version
 */
export function featuresOf(version: string): BrokerFeatures {
  if (!atLeast(version, OLDEST_SERVER)) {
    throw new ConnectorError('BROKER_FEATURE_MISSING', `nats-server ${version}, at least ${OLDEST_SERVER} is needed`)
  }
  return { version, syncAlways: atLeast(version, '2.10.0'), consistentReplicas: atLeast(version, '2.11.0') }
}

/**
 * @param replicas copies of every stream that the topology asks for
 * @throws ConnectorError BROKER_FEATURE_MISSING when the server cannot keep them consistent
 */
export function requireFeatures(features: BrokerFeatures, replicas: number): void {
  if (replicas > 1 && !features.consistentReplicas) {
    throw new ConnectorError(
      'BROKER_FEATURE_MISSING',
      `${replicas} replicas need nats-server 2.11 or newer, this is ${features.version}`,
      { version: features.version, replicas },
    )
  }
}

function atLeast(version: string, floor: string): boolean {
  const found = numbers(version)
  const wanted = numbers(floor)
  for (const [i, want] of wanted.entries()) {
    const have = found[i]
    if (have === undefined || have < want) return false
    if (have > want) return true
  }
  return true
}

function numbers(version: string): readonly number[] {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)
  return match ? match.slice(1).map(Number) : []
}
