/** Gas that a call may need beyond its estimate because other nodes land first. */
export interface GasFloor {
  /** Factor on the estimate, in percent. */
  readonly percent: bigint
  /** Gas added to the estimate. */
  readonly extra: bigint
  /** Never less than this. */
  readonly minimum: bigint
}

/**
 * Floors per response function. An estimate is made while our answer does not cross the threshold; when another node lands
 * first, ours does, and pays for storing the consensus. Measured on the v0.11 contracts: the crossing public decryption
 * with 13 nodes and threshold 9 takes 365 k gas where the first one takes 232 k, a crossing keygen 533 k where the first
 * takes 139 k. A percentage alone runs out of gas. Unused gas is not charged.
 */
const FLOORS: Readonly<Record<string, GasFloor>> = {
  publicDecryptionResponse: { percent: 130n, extra: 360_000n, minimum: 0n },
  userDecryptionResponse: { percent: 130n, extra: 100_000n, minimum: 0n },
}
const KEY_MANAGEMENT: GasFloor = { percent: 400n, extra: 0n, minimum: 1_000_000n }

/**
 * @param functionName response function of the contract
 * @param estimate what `eth_estimateGas` said
 * @param reverted how many transactions for this answer ran out of gas already; each doubles the floor
 */
export function gasLimit(functionName: string, estimate: bigint, reverted: number): bigint {
  const { percent, extra, minimum } = FLOORS[functionName] ?? KEY_MANAGEMENT
  const scaled = (estimate * percent) / 100n
  const padded = estimate + extra
  let limit = minimum
  for (const wanted of [scaled, padded]) if (wanted > limit) limit = wanted
  return limit << BigInt(Math.min(reverted, 3))
}
