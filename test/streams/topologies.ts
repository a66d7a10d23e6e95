import { requestIdOf } from '@kms-connector/protocol'
import {
  type ConsumerPlan,
  DEFAULT_TOPOLOGY,
  type OperationName,
  type StreamPlan,
  type Topology,
  topologyOf,
} from '@kms-connector/streams'

let counter = 0n

/** An operation nobody else uses, so that tests on one server do not meet. */
export function freshOperation(name: string): OperationName {
  counter += 1n
  return { name: `${name}-${counter}`, group: 'decryption' }
}

export function topologyFor(operation: OperationName): Topology {
  return topologyOf([operation], DEFAULT_TOPOLOGY)
}

/** The topology with some settings of its streams and consumers replaced. */
export function adjusted(
  topology: Topology,
  change: { stream?: Partial<StreamPlan>; of?: string; consumer?: Partial<ConsumerPlan['config']> },
): Topology {
  return {
    ...topology,
    streams: topology.streams.map(s => (s.name === change.of ? { ...s, ...change.stream } : s)),
    consumers: topology.consumers.map(c => ({ ...c, config: { ...c.config, ...change.consumer } })),
  }
}

export const ids = (count: number) => Array.from({ length: count }, (_, i) => requestIdOf(BigInt(i + 1)))
