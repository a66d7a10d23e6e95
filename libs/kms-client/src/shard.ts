import { type RequestId, requestIdValue } from '@kms-connector/protocol'

/**
 * Which of several KMS Cores works on an id: the id as a number, modulo how many there are. Gateway ids are dense
 * counters, so consecutive requests go round the Cores. Submit and poll of one request must use the same Core.
 * @param count number of Cores, at least 1
 * @returns index from 0 to count - 1
 */
export function shardOf(id: RequestId, count: number): number {
  return Number(requestIdValue(id) % BigInt(count))
}
