import { operationOf } from './lostParts.ts'
import { CURSOR_BUCKET, RESPONSES } from './names.ts'
import { bucketStream } from './observe.ts'
import type { Topology } from './topology.ts'

/** What the broker has lost. */
export interface Damage {
  /** Streams, buckets (as streams) and consumers that are gone. */
  readonly lost: readonly string[]
  /** Operations whose stream lacks requests that their cursor says are published. */
  readonly cursorsAhead: readonly string[]
  /** Consumers that believe to have seen more than their stream holds, as `PUBLIC_DECRYPTION/kms-worker`. */
  readonly consumersAhead: readonly string[]
  /** The checkpoint of the sender is of another RESPONSES, or beyond its end, or answers behind it are gone. */
  readonly checkpointUnfit: boolean
}

/** What makes the broker whole again. Every step can be repeated. */
export interface RepairPlan {
  readonly create: readonly string[]
  /** Operations whose requests are read from the chain again. Takes a block to begin with. */
  readonly reread: readonly string[]
  /** Consumers that begin anew, so that every request that is kept is answered again. */
  readonly reanswer: readonly string[]
  /** The sender begins with the first answer; what the chain has is settled without a transaction. */
  readonly forgetCheckpoint: boolean
}

/** Pure. */
export function repairPlan(topology: Topology, damage: Damage): RepairPlan {
  const { lost, cursorsAhead, consumersAhead, checkpointUnfit } = damage
  const operations = topology.streams.flatMap(({ name }) => operationOf(topology, name) ?? [])
  const withoutRequests = lost.flatMap(name => operationOf(topology, name) ?? [])
  const reread = lost.includes(bucketStream(CURSOR_BUCKET)) ? operations : [...withoutRequests, ...cursorsAhead]
  const answersLost = lost.includes(RESPONSES) || checkpointUnfit
  const consumers = topology.consumers.map(({ stream, config }) => `${stream}/${config.durable_name}`)
  return {
    create: lost,
    reread: operations.filter(operation => reread.includes(operation)),
    // An answer that was lost is known by nobody: its request is acknowledged already.
    reanswer: (answersLost ? consumers : consumersAhead).filter(name => !lost.includes(name)),
    forgetCheckpoint: answersLost,
  }
}
